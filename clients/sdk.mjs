// sdk.mjs - calls every method of @posteverywhere/sdk, and compares what it returns with the SDK's own types.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { callsOf, isShown, key } from './mock.mjs';
import { differences, readTypes } from './types.mjs';

const post = (n) => `7b0c2f58-1d1e-4a52-8f0b-00000000000${n}`;
const media = (n) => `5d1f0f6e-7f0b-4c55-9a0e-3f1f3a1b000${n}`;
const file = () => new Blob([new Uint8Array(1000)]);
const png = { filename: 'cup.png', content_type: 'image/png', file_size: 1000 };
const later = '2026-06-20T09:00:00Z';

// Each method with documented arguments. `made` has the results of the rows before.
const rows = [
  ['accounts.list', () => []],
  ['accounts.get', () => [3001]],
  ['accounts.health', () => [3002]],
  ['campaigns.create', () => [{ name: 'Launch', description: 'The launch', color: '#3b82f6', status: 'active' }]],
  ['campaigns.list', () => [{ status: 'active', limit: 10, offset: 0 }]],
  ['campaigns.get', () => [42]],
  ['campaigns.update', (made) => [made['campaigns.create'].id, { name: 'Relaunch', status: 'archived' }]],
  ['campaigns.delete', (made) => [made['campaigns.create'].id]],
  ['media.upload', () => [file(), { filename: 'cup.png', contentType: 'image/png' }]],
  ['media.getUploadUrl', () => [png]],
  ['media.complete', (made) => [made['media.getUploadUrl'].media_id], 'upload'],
  ['media.uploadFromUrl', () => [{ url: 'https://example.com/cup.png', filename: 'cup.png' }]],
  ['media.list', () => [{ type: 'image', limit: 2, offset: 1 }]],
  ['media.get', () => [media(1)]],
  ['media.delete', () => [media(2)]],
  ['posts.create', () => [{ content: 'A new cup.', account_ids: [3001], scheduled_for: later, timezone: 'UTC', media_ids: [media(1)], platform_content: { x: { content: 'Cup.' } } }]],
  ['posts.bulkCreate', () => [[{ content: 'One.', account_ids: [3001], scheduled_for: later }, { content: 'Two.', account_ids: [77] }]]],
  ['posts.list', () => [{ status: 'failed', platform: 'x', limit: 10 }]],
  ['posts.listAdvanced', () => [{ status: 'published,partially_failed', platform: 'x,threads', account_id: 3001, campaign_id: 42, created_after: '2026-06-01T00:00:00Z', search: 'roast', sort: 'created_at', order: 'asc', limit: 5, offset: 0 }]],
  ['posts.get', () => [post(1)]],
  ['posts.update', () => [post(4), { content: 'Tomorrow we open at nine.', scheduled_for: later }]],
  ['posts.delete', () => [post(6)]],
  ['posts.results', () => [post(2)]],
  ['posts.getResults', () => [post(2)]],
  ['posts.retry', () => [post(2)]],
  ['posts.retryFailed', () => [{ post_ids: [post(3)], platform: 'x' }]],
  ['ai.generateImage', () => [{ prompt: 'A cup of coffee', model: 'flux-schnell', aspect_ratio: '1:1' }]],
  ['ai.generateCaption', () => [{ topic: 'Cold brew', platform: 'instagram', tone: 'casual', length: 'short', count: 2 }]],
  ['me.get', () => []],
  ['analytics.summary', () => [{ period: 'custom', from: '2026-06-01T00:00:00Z', to: '2026-06-15T12:00:00Z' }]],
  ['webhooks.create', (made, at) => [{ url: at.receiver, events: ['post.published', 'post.failed'], name: 'ours', description: 'd' }]],
  ['webhooks.list', () => []],
  ['webhooks.get', (made) => [made['webhooks.create'].id]],
  ['webhooks.update', (made) => [made['webhooks.create'].id, { events: ['post.failed'], is_active: true }]],
  ['webhooks.test', (made) => [made['webhooks.create'].id]],
  ['webhooks.delete', (made) => [made['webhooks.create'].id]],
];

export async function loadSdk(folder) {
  const dist = join(folder, 'node_modules/@posteverywhere/sdk/dist');
  const sdk = await import(pathToFileURL(join(dist, 'index.mjs')));
  return { ...sdk, types: readTypes(readFileSync(join(dist, 'index.d.ts'), 'utf8')) };
}

const className = (resource) => (resource === 'ai' ? 'AI' : resource[0].toUpperCase() + resource.slice(1));

function methodsOf(client) {
  return Object.keys(client).flatMap((resource) =>
    Object.getOwnPropertyNames(Object.getPrototypeOf(client[resource]))
      .filter((name) => name !== 'constructor')
      .map((name) => `${resource}.${name}`));
}

async function outcomeOf(sdk, client, name, args, space) {
  const [resource, method] = name.split('.');
  try {
    const value = await client[resource][method](...args);
    const seen = await space.seen();
    const found = differences(sdk.types.types, sdk.types.methods.get(className(resource)).get(method), value);
    const same = isShown(value, seen.at(-1).data);
    const text = found.length ? `returned; not as its type says: ${found.join('; ')}` : 'returned, as its type says';
    return { value, seen, outcome: same ? text : `${text}; CHANGED by the client` };
  } catch (error) {
    return { seen: await space.seen(), outcome: `${error.name} ${error.status ?? ''} ${error.code ?? ''}: ${error.message}` };
  }
}

export async function runSdk(folder, mock, receiver) {
  const sdk = await loadSdk(folder);
  const space = await mock.namespace('sdk');
  process.env.UNDERSTUDY_ORIGIN = space.origin;
  const client = new sdk.PostEverywhere({ apiKey: key });
  assert.deepEqual(rows.map(([name]) => name).sort(), methodsOf(client).sort(), 'the methods of the SDK');
  const made = {};
  const table = [];
  for (const [name, args, before] of rows) {
    if (before === 'upload') {
      const put = { method: 'PUT', headers: { 'Content-Type': 'image/png' }, body: file() };
      await fetch(made['media.getUploadUrl'].upload_url, put);
      await space.seen();
    }
    const { value, seen, outcome } = await outcomeOf(sdk, client, name, args(made, { receiver }), space);
    made[name] = value ?? {};
    table.push([`\`${name}\``, callsOf(seen), outcome]);
  }
  return table;
}
