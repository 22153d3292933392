// mcp.mjs - calls every tool of @posteverywhere/mcp over its standard input and output.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { callsOf, isShown, key } from './mock.mjs';

const post = (n) => `7b0c2f58-1d1e-4a52-8f0b-00000000000${n}`;
const media = (n) => `5d1f0f6e-7f0b-4c55-9a0e-3f1f3a1b000${n}`;
const later = '2026-06-20T09:00:00Z';

// Each tool with documented arguments. `made` has what the tools before showed.
const rows = [
  ['list_accounts', {}],
  ['get_account', { account_id: 3001 }],
  ['get_account_health', { id: 3002 }],
  ['create_connect_link', { platform: 'instagram' }],
  ['create_reconnect_link', { account_id: 3002 }],
  ['connect_credential_account', { platform: 'bluesky', handle: 'acme.bsky.social', app_password: 'abcd-efgh-ijkl-mnop' }],
  ['create_campaign', { name: 'Launch', description: 'The launch', color: '#3b82f6' }],
  ['list_campaigns', { status: 'active' }],
  ['get_campaign', { id: 42 }],
  ['update_campaign', (made) => ({ id: made.create_campaign.id, status: 'archived' })],
  ['delete_campaign', (made) => ({ id: made.create_campaign.id })],
  ['upload_media_from_url', { url: 'https://example.com/cup.mp4', filename: 'cup.mp4' }],
  ['list_media', { type: 'image', limit: 5 }],
  ['get_media', { media_id: media(1) }],
  ['delete_media', { media_id: media(2) }],
  ['create_post', { content: 'To be reviewed.', draft: true }],
  ['schedule_post', (made) => ({ post_id: made.create_post.post_id, scheduled_for: later, account_ids: [3001] })],
  ['bulk_create_posts', { posts: [{ content: 'One.', account_ids: [3001], scheduled_for: later, campaign_id: 42 }, { content: 'Two.', account_ids: [77] }] }],
  ['list_posts', { status: 'scheduled', platform: 'x' }],
  ['list_posts_advanced', { status: 'failed,partially_failed', platform: 'x,threads', account_id: 3001, created_after: '2026-06-01', sort: 'updated_at', order: 'asc' }],
  ['get_post', { post_id: post(1) }],
  ['update_post', { post_id: post(4), content: 'Tomorrow we open at nine.' }],
  ['delete_post', { post_id: post(6) }],
  ['get_post_results', { post_id: post(2) }],
  ['retry_failed_post', { post_id: post(2) }],
  ['retry_failed_posts', { post_ids: [post(3)], failed_after: '2026-06-01T00:00:00Z', max_attempts: 5 }],
  ['generate_image', { prompt: 'A cup of coffee', model: 'flux-schnell' }],
  ['generate_caption', { topic: 'Cold brew', platform: 'x', count: 2 }],
  ['get_me', {}],
  ['get_platform_rules', {}],
  ['get_analytics_summary', { period: 'week' }],
  ['create_webhook', (made, at) => ({ url: at.receiver, events: ['post.published'], name: 'ours' })],
  ['list_webhooks', {}],
  ['get_webhook', (made) => ({ id: made.create_webhook.id })],
  ['update_webhook', (made) => ({ id: made.create_webhook.id, description: 'Changed.' })],
  ['test_webhook', (made) => ({ id: made.create_webhook.id })],
  ['delete_webhook', (made) => ({ id: made.create_webhook.id })],
];

// The tools that show a part of the response, or a sentence.
const shown = { list_accounts: (d) => d.accounts, list_posts: (d) => d.posts, list_media: (d) => d.media };
const sentence = { delete_post: /^Post .* deleted successfully\.$/, delete_media: /^Media .* deleted successfully\.$/ };

export class McpServer {
  constructor(folder, origin) {
    const program = join(folder, 'node_modules/@posteverywhere/mcp/dist/index.js');
    const env = { PATH: process.env.PATH, POSTEVERYWHERE_API_KEY: key, POSTEVERYWHERE_API_URL: origin };
    this.child = spawn(process.execPath, [program], { stdio: ['pipe', 'pipe', 'inherit'], env });
    this.waiting = new Map();
    this.id = 0;
    createInterface(this.child.stdout).on('line', (line) => {
      const message = JSON.parse(line);
      this.waiting.get(message.id)?.(message);
    });
  }

  send(method, params) {
    const id = ++this.id;
    this.child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', id, method, params })}\n`);
    return new Promise((resolve) => this.waiting.set(id, resolve));
  }

  async start() {
    const clientInfo = { name: 'understudy', version: '1' };
    await this.send('initialize', { protocolVersion: '2025-03-26', capabilities: {}, clientInfo });
    this.child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', method: 'notifications/initialized' })}\n`);
    return this;
  }

  // {text} or {failure}: what the tool shows.
  async tool(name, args) {
    const { result, error } = await this.send('tools/call', { name, arguments: args });
    if (error) return { failure: `JSON-RPC error ${error.code}: ${error.message}` };
    const text = result.content.map((part) => part.text).join('\n');
    return result.isError ? { failure: `isError: ${text}` } : { text };
  }

  stop() {
    this.child.stdin.end();
    this.child.kill();
  }
}

function judge(name, text, data) {
  if (sentence[name]) return sentence[name].test(text) ? 'shows that it is deleted' : `shows: ${text}`;
  const expected = shown[name] ? shown[name](data) : data;
  if (!isShown(JSON.parse(text), expected)) return 'shows something else than the response';
  return shown[name] ? `shows \`${name.slice(5)}\` of the response` : 'shows the response';
}

export async function runMcp(folder, mock, receiver) {
  const space = await mock.namespace('mcp');
  const server = await new McpServer(folder, space.origin).start();
  try {
    const { result } = await server.send('tools/list', {});
    assert.deepEqual(rows.map(([name]) => name).sort(), result.tools.map((tool) => tool.name).sort(), 'the tools');
    const made = {};
    const table = [];
    for (const [name, given] of rows) {
      const { text, failure } = await server.tool(name, typeof given === 'function' ? given(made, { receiver }) : given);
      const seen = await space.seen();
      if (text && !sentence[name]) made[name] = JSON.parse(text);
      made[name] ??= {};
      table.push([`\`${name}\``, callsOf(seen), failure ?? judge(name, text, seen.at(-1)?.data)]);
    }
    return table;
  } finally {
    server.stop();
  }
}
