// history.mjs - runs the mock program with a short history through HTTP: what each provider's API, the lists, exports,
// snapshots, copies, webhooks, streams and a recording say when most of what happened is forgotten.
//
//   node history.mjs <mockserver>
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

const program = process.argv[2];
const folder = mkdtempSync(join(tmpdir(), 'history-'));
const recording = join(folder, 'run.jsonl');
const KEPT = 50;
const ROUNDS = 140;
const project = '/v1/projects/prj';
const layers = { authorization: 'Bearer lp_live_full' };
const posteverywhere = { authorization: 'Bearer pe_live_a1b2c3d4a1b2c3d4a1b2c3d4a1b2c3d4' };
const postnitro = { 'embed-api-key': 'pn-abcdefghijklmnopqrstuvwx' };

const events = new Set();
const receiver = createServer((request, response) => {
  let text = '';
  request.on('data', (part) => (text += part)).on('end', () => {
    events.add(request.headers['x-layers-event-id'] ?? text);
    response.end();
  });
});
receiver.listen(0, '127.0.0.1');
await once(receiver, 'listening');

const fixture = join(folder, 'fixture.yaml');
writeFileSync(
  fixture,
  `clock: { start: 2026-05-02T09:00:00Z, mode: frozen }
layers:
  organizations:
    - name: Acme
      keys: [ { name: full, key: lp_live_full, scopes: ['*'], return_domains: [app.test], tier: internal } ]
      projects:
        - id: prj
          name: Coffee
          social_accounts: [ { id: sa, platform: tiktok, handle: coffee } ]
          content: [ { id: cnt } ]
posteverywhere:
  organizations:
    - name: Brand
      keys: [ { name: brand, key: pe_live_a1b2c3d4a1b2c3d4a1b2c3d4a1b2c3d4 } ]
      accounts: [ { account_id: 2282, platform: x, account_name: '@brand' } ]
postnitro:
  workspaces:
    - id: ws
      name: Nitro
      keys: [ { name: main, key: pn-abcdefghijklmnopqrstuvwx } ]
      social_accounts: [ { id: cnitro0000000000000000000, platform: threads, handle: nitro } ]
`,
);
const limits = ['--history', `${KEPT}`, '--history-age', '30d'];
const words = ['record', '--to', recording, '--fixture', fixture, '--port', '0', '--log', 'info', ...limits];
const mock = spawn(program, words, { cwd: folder });
let log = '';
mock.stderr.on('data', (text) => (log += text));
mock.on('exit', (status) => status && console.error(log));
process.on('exit', () => mock.kill());
const [ready] = await once(createInterface({ input: mock.stdout }), 'line');
const { url } = JSON.parse(ready);

async function call(method, path, headers, body) {
  const response = await fetch(url + path, { method, headers, body: body && JSON.stringify(body) });
  const text = await response.text();
  return { status: response.status, text, body: text ? JSON.parse(text) : null };
}

async function good(method, path, headers, body) {
  const answer = await call(method, path, headers, body);
  assert.ok(answer.status < 300, `${method} ${path}: ${answer.status} ${answer.text}`);
  return answer.body;
}

const admin = (method, path, body) => good(method, `/__admin${path}`, {}, body);
const state = async (place = '') => (await good('GET', `${place}/__admin/state?format=fixture`, {}));

async function all(path, headers, place = '') {
  const items = [];
  for (let cursor; cursor !== null; ) {
    const page = await good('GET', `${place}${path}${cursor ? `&cursor=${cursor}` : ''}`, headers);
    items.push(...page.items);
    cursor = page.nextCursor ?? null;
  }
  return items;
}

// The first `count` events of the stream of changes.
async function readEvents(query, count) {
  const stop = new AbortController();
  const response = await fetch(`${url}/__admin/events?types=change&${query}`, { signal: stop.signal });
  let text = '';
  for await (const part of response.body.pipeThrough(new TextDecoderStream())) {
    text += part;
    if (text.split('\n\n').length > count + 1) break;
  }
  stop.abort();
  const field = (lines, name) => lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
  return text.split('\n\n').slice(0, count + 1).map((event) => event.split('\n')).map((lines) => ({
    id: field(lines, 'id'),
    name: field(lines, 'event'),
    data: JSON.parse(field(lines, 'data') ?? 'null'),
  }));
}

// One post with each provider, one abandoned connection; then an hour passes.
async function round() {
  const { now } = await admin('GET', '/clock');
  const soon = new Date(Date.parse(now) + 600000).toISOString();
  const targets = [{ socialAccountId: 'sa', mode: 'publish' }];
  const one = await good('POST', '/v1/content/cnt/schedule', layers, { scheduledFor: soon, targets });
  await good('POST', `${project}/social/oauth-url`, layers, {
    platform: 'tiktok',
    returnUrl: 'https://app.test/x',
  });
  const two = await good('POST', '/api/v1/posts', posteverywhere, {
    content: 'hello',
    account_ids: [2282],
    scheduled_for: soon,
  });
  const three = await good('POST', '/schedule', postnitro, {
    status: 'SCHEDULED',
    scheduledAt: soon,
    postContent: { common: 'hello' },
    selectedAccounts: ['cnitro0000000000000000000'],
  });
  await admin('POST', '/clock/advance', { by: '1h' });
  return { one, two, three };
}

const initial = await state();
await good('POST', '/v1/webhook-endpoints', layers, {
  url: `http://127.0.0.1:${receiver.address().port}/hook`,
  events: ['post.published'],
});
const first = await round();
for (let i = 0; i < 30; i++) await round();
const open = await good('GET', `${project}/scheduled-posts?limit=5`, layers);
const log_open = await good('GET', '/v1/audit-log?limit=5', layers);
assert.ok(open.nextCursor && log_open.nextCursor);

// An early position of the stream of changes.
const early = (await readEvents('since=start', 2)).at(-1).id;

for (let i = 31; i < ROUNDS; i++) await round();
for (let i = 0; i < 40; i++) await good('GET', '/v1/whoami', layers); // what is left goes in small steps

// The provider's own view: forgotten is like unknown, lists and single records agree.
const paths = [
  ['/v1/scheduled-posts/', first.one.scheduledPosts[0].scheduledPostId, 'sp_5FMFXDS8GTPJ3E2Z412QDZ5NZZ', layers],
  ['/api/v1/posts/', first.two.data.post_id, '4faed616-4686-432f-bea8-286662b87000', posteverywhere],
  ['/schedule/', first.three.data.id, 'c4pa0d1mtkbqn0nlddtuo0000', postnitro],
];
const plain = ({ status, text }, id) =>
  `${status} ${text.replaceAll(id, 'ID').replace(/req_\w+|"(request_id|timestamp)":"[^"]*"/g, '')}`;
for (const [path, gone, unknown, headers] of paths) {
  const answer = await call('GET', path + gone, headers);
  assert.equal(answer.status, 404, path);
  assert.equal(plain(answer, gone), plain(await call('GET', path + unknown, headers), unknown));
}
const posts = await all(`${project}/scheduled-posts?limit=7`, layers);
assert.ok(posts.length <= KEPT && posts.length > 10, `${posts.length} posts`);
assert.equal(new Set(posts.map((post) => post.id)).size, posts.length);
for (const post of posts)
  assert.equal((await good('GET', `/v1/scheduled-posts/${post.id}`, layers)).status, 'published');
const listed = await good('GET', '/api/v1/posts?limit=100', posteverywhere);
assert.equal(listed.data.total, listed.data.posts.length);

// Cursors from before go on with what is left.
const later = await good('GET', `${project}/scheduled-posts?limit=5&cursor=${open.nextCursor}`, layers);
for (const post of later.items) assert.ok(posts.some((other) => other.id === post.id));
const log_later = await good('GET', `/v1/audit-log?limit=5&cursor=${log_open.nextCursor}`, layers);
assert.deepEqual(log_later, { items: [], nextCursor: null });
assert.ok((await all('/v1/audit-log?limit=20', layers)).length <= KEPT);

// The stream says how many changes are gone.
const lost = (await readEvents(`since=${early}`, 2)).find((event) => event.name === 'lost');
assert.ok(lost.data.changes > 200, JSON.stringify(lost));

// Webhooks: each publication was delivered, although most deliveries are forgotten.
for (let i = 0; i < 100 && events.size < ROUNDS; i++) await sleep(20);
assert.equal(events.size, ROUNDS);

// Each kind of record is bounded; rows, not the kinds that stay.
const kept = await state();
for (const [kind, records] of Object.entries(kept.records))
  assert.ok(records.length <= KEPT + 8, `${kind}: ${records.length}`);
assert.ok(kept.runtime_state.changes.length <= KEPT);
const live = (a) => a.records.accounts.map((account) => account.id);
assert.deepEqual(live(kept), live(initial));

// An export loads, and gives an equal export; so do a copy and a snapshot.
await admin('POST', '/namespaces', { name: 'loaded', fixture: kept });
assert.deepEqual(await state('/ns/loaded'), kept);
assert.deepEqual(await all(`${project}/scheduled-posts?limit=7`, layers, '/ns/loaded'), posts);
await admin('POST', '/snapshots', { name: 'then' });
await admin('POST', '/namespaces', { name: 'copy', from: 'default' });
assert.deepEqual((await state('/ns/copy')).records, kept.records);
for (let i = 0; i < 20; i++) await round();
assert.notDeepEqual((await state()).records.posts, kept.records.posts);
assert.deepEqual((await state('/ns/copy')).records, kept.records);
await admin('POST', '/snapshots/then/restore');
assert.deepEqual((await state()).records, kept.records);
assert.deepEqual(await all(`${project}/scheduled-posts?limit=7`, layers), posts);
await round();
await admin('POST', '/reset');
assert.deepEqual(await state(), initial);
await round();

mock.kill('SIGINT');
const [status] = await once(mock, 'close');
assert.equal(status, 0, log);
assert.equal(log.match(/namespace 'default': its history/g)?.length, 1, log);
const replay = spawnSync(program, ['replay', '--json', recording], { encoding: 'utf8' });
assert.equal(replay.status, 0, replay.stdout + replay.stderr);
receiver.close();
rmSync(folder, { recursive: true });
console.log('ok - a short history through HTTP');
