// spaces.mjs - two thousand tests at once against one mock, from 32 connections, each in a world of its own
// that it chooses by path, by header or by its key. Each connects an account, schedules, moves its clock,
// revokes and scripts a rule, and must see nothing of any other: ids, counts, journal, clock, budget.
//
//   node spaces.mjs <mockserver> [tests]
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const [program, count = '2000'] = process.argv.slice(2);
const CONNECTIONS = 32;
const START = Date.parse('2026-05-02T09:00:00Z');
const HOUR = 3600e3;
const sharedKey = 'lp_live_spaces_shared';

// JSON is YAML: the world that the mock starts with, and, with a key of their own, that of the tests by key.
const world = (name, key) => ({
  name: name,
  clock: { start: new Date(START).toISOString(), mode: 'frozen' },
  layers: {
    organizations: [{
      name: 'Spaces',
      keys: [{ name: 'full', key, scopes: ['*'], return_domains: ['app.test'] }],
      projects: [{ id: 'prj_one', name: 'One', content: [{ id: 'cnt_one', media_type: 'video' }] }],
    }],
  },
});

const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
let mock;

function send(method, path, headers, body) {
  const text = body === undefined ? undefined : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port: mock.port, agent, method, path, headers: { ...headers } };
    if (text !== undefined) options.headers['Content-Length'] = Buffer.byteLength(text);
    const sent = request(options, (response) => {
      const parts = [];
      response.on('data', (part) => parts.push(part));
      response.on('end', () => {
        const body = Buffer.concat(parts).toString();
        resolve({ status: response.statusCode, headers: response.headers, text: body, body: body ? JSON.parse(body) : null });
      });
    });
    sent.on('error', reject);
    sent.end(text);
  });
}

// One test's view of its world. `chosen` says how its calls find it.
class Space {
  constructor(number) {
    this.name = `test-${number}`;
    this.number = number;
    this.chosen = ['path', 'header', 'key'][number % 3];
    this.key = this.chosen === 'key' ? `lp_live_spaces_${number}` : sharedKey;
    this.calls = 0;
  }

  async begin() {
    if (this.chosen !== 'key') return; // it begins with the first call
    const made = { name: this.name, fixture: world(this.name, this.key), credentials: [this.key] };
    assert.equal((await send('POST', '/__admin/namespaces', {}, made)).status, 201);
  }

  async call(method, path, body) {
    const headers = { Authorization: `Bearer ${this.key}`, 'X-Test': this.name };
    if (this.chosen === 'header') headers['X-Mock-Namespace'] = this.name;
    this.calls++;
    return send(method, (this.chosen === 'path' ? `/ns/${this.name}` : '') + path, headers, body);
  }

  async get(path) {
    const response = await this.call('GET', path);
    assert.equal(response.status, 200, `${this.name} ${path}: ${response.text}`);
    return response;
  }

  async admin(method, path, body) {
    const response = await send(method, `/ns/${this.name}/__admin${path}`, {}, body);
    assert.equal(Math.trunc(response.status / 100), 2, `${this.name} ${path}: ${response.text}`);
    return response.body;
  }
}

async function anAccountIsConnected(space) {
  const body = { platform: 'tiktok', returnUrl: 'https://app.test/back' };
  const { state } = (await space.call('POST', '/v1/projects/prj_one/social/oauth-url', body)).body;
  const handle = `handle.${space.number}`;
  await space.admin('POST', '/simulate/consent', { state, outcome: 'approve', handle });
  const done = (await space.get(`/v1/social/oauth-status/${state}`)).body;
  assert.equal(done.status, 'completed');
  const { items } = (await space.get('/v1/projects/prj_one/social-accounts')).body;
  assert.deepEqual(items.map((a) => [a.socialAccountId, a.handle]), [[done.socialAccountId, handle]]);
  return done.socialAccountId;
}

async function timeIsItsOwn(space, account) {
  const hours = 1 + (space.number % 40);
  const at = new Date(START + hours * HOUR).toISOString();
  const targets = [{ socialAccountId: account, mode: 'publish' }];
  const scheduled = await space.call('POST', '/v1/content/cnt_one/schedule', { scheduledFor: at, targets });
  const [{ scheduledPostId: post }] = scheduled.body.scheduledPosts;
  await space.admin('POST', '/clock/advance', { by: `${hours}h` });
  assert.equal((await space.admin('GET', '/clock')).now, at);
  assert.equal((await space.get(`/v1/scheduled-posts/${post}`)).body.status, 'published');
  return post;
}

async function aRevocationIsItsOwn(space, account) {
  assert.equal((await space.call('DELETE', `/v1/social-accounts/${account}`)).status, 200);
  assert.deepEqual((await space.get('/v1/projects/prj_one/social-accounts')).body.items, []);
}

async function itsRuleIsItsOwn(space) {
  const rule = { name: space.name, on: 'layers.whoami', then: [{ headers: { 'X-Space': space.name } }] };
  await space.admin('POST', '/rules', rule);
  assert.equal((await space.get('/v1/whoami')).headers['x-space'], space.name);
  assert.deepEqual((await space.admin('GET', '/rules')).items.map((r) => [r.name, r.hits]), [[space.name, 1]]);
}

async function itsBudgetIsItsOwn(space) {
  const left = async () => Number((await space.get('/v1/whoami')).headers['x-ratelimit-remaining']);
  const before = await left();
  assert.equal(await left(), before - 1);
}

async function itsJournalIsItsOwn(space) {
  const { items, lost, truncated } = await space.admin('GET', '/requests?stable=1');
  assert.deepEqual([items.length, lost, truncated], [space.calls, 0, false]);
  for (const { request } of items) assert.equal(request.headers['X-Test'], space.name);
  const match = { headers: { 'X-Test': space.name } };
  assert.equal((await space.admin('POST', '/requests/verify', { match, count: space.calls })).matched, space.calls);
}

async function test(number) {
  const space = new Space(number);
  await space.begin();
  const account = await anAccountIsConnected(space);
  const post = await timeIsItsOwn(space, account);
  await aRevocationIsItsOwn(space, account);
  await itsRuleIsItsOwn(space);
  await itsBudgetIsItsOwn(space);
  await itsJournalIsItsOwn(space);
  return { space, ids: `${account} ${post}` };
}

const folder = mkdtempSync(join(tmpdir(), 'spaces-'));
const fixture = join(folder, 'spaces.yaml');
writeFileSync(fixture, JSON.stringify(world('spaces', sharedKey)));
const child = spawn(program, ['--port', '0', '--fixture', fixture], { stdio: ['ignore', 'pipe', 'inherit'] });
try {
  const [line] = await once(createInterface(child.stdout), 'line');
  mock = { port: new URL(JSON.parse(line).url).port };
  const began = process.hrtime.bigint();
  const done = await Promise.all(Array.from({ length: Number(count) }, (_, number) => test(number)));
  const seconds = Number(process.hrtime.bigint() - began) / 1e9;

  // Each test's ids are those it would have had alone.
  for (const chosen of ['path', 'header', 'key'])
    assert.equal(new Set(done.filter(({ space }) => space.chosen === chosen).map(({ ids }) => ids)).size, 1);
  const { items } = (await send('GET', '/__admin/namespaces', {})).body;
  const asked = new Map(items.map(({ name, requests }) => [name, requests]));
  assert.equal(asked.size, done.length + 1);
  assert.equal(asked.get('default'), 0);
  for (const { space } of done) assert.equal(asked.get(space.name), space.calls);

  assert.equal(agent.totalSocketCount, CONNECTIONS);
  const [, kib] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'));
  const calls = done.reduce((sum, { space }) => sum + space.calls, 0);
  console.log(`${done.length} tests, ${calls} calls in ${seconds.toFixed(1)} s; ${Math.round(kib / 1024)} MiB resident`);
  agent.destroy();
  child.kill();
  assert.deepEqual(await once(child, 'exit'), [0, null]);
} finally {
  agent.destroy();
  child.kill();
  rmSync(folder, { recursive: true });
}
