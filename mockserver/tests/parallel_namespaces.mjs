// parallel_namespaces.mjs - runs 2000 tests concurrently against one mock over 32 connections, each in a
// namespace of its own, selected by path, by header or by key. Each test connects an account, schedules a
// post, advances its clock, revokes the account and adds a rule. It must see nothing of the other tests:
// ids, counts, journal, clock and rate limit are its own.
//
//   node parallel_namespaces.mjs <mockserver> [number of tests, default 2000]
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
const sharedKey = 'lp_live_parallel_shared';

// A fixture (JSON is valid YAML): for the start of the mock, and, with another key, for each test that is
// selected by key.
const makeFixture = (name, key) => ({
  name: name,
  clock: { start: new Date(START).toISOString(), mode: 'frozen' },
  layers: {
    organizations: [{
      name: 'Parallel',
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

// The namespace of one test. `selector` is how its calls select it: 'path', 'header' or 'key'.
class Namespace {
  constructor(number) {
    this.name = `test-${number}`;
    this.number = number;
    this.selector = ['path', 'header', 'key'][number % 3];
    this.key = this.selector === 'key' ? `lp_live_parallel_${number}` : sharedKey;
    this.calls = 0;
  }

  async create() {
    if (this.selector !== 'key') return; // the first call creates it
    const body = { name: this.name, fixture: makeFixture(this.name, this.key), credentials: [this.key] };
    assert.equal((await send('POST', '/__admin/namespaces', {}, body)).status, 201);
  }

  async call(method, path, body) {
    const headers = { Authorization: `Bearer ${this.key}`, 'X-Test': this.name };
    if (this.selector === 'header') headers['X-Mock-Namespace'] = this.name;
    this.calls++;
    return send(method, (this.selector === 'path' ? `/ns/${this.name}` : '') + path, headers, body);
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

async function connectAccount(namespace) {
  const body = { platform: 'tiktok', returnUrl: 'https://app.test/back' };
  const { state } = (await namespace.call('POST', '/v1/projects/prj_one/social/oauth-url', body)).body;
  const handle = `handle.${namespace.number}`;
  await namespace.admin('POST', '/simulate/consent', { state, outcome: 'approve', handle });
  const done = (await namespace.get(`/v1/social/oauth-status/${state}`)).body;
  assert.equal(done.status, 'completed');
  const { items } = (await namespace.get('/v1/projects/prj_one/social-accounts')).body;
  assert.deepEqual(items.map((a) => [a.socialAccountId, a.handle]), [[done.socialAccountId, handle]]);
  return done.socialAccountId;
}

async function advancesOnlyItsOwnClock(namespace, account) {
  const hours = 1 + (namespace.number % 40);
  const at = new Date(START + hours * HOUR).toISOString();
  const targets = [{ socialAccountId: account, mode: 'publish' }];
  const scheduled = await namespace.call('POST', '/v1/content/cnt_one/schedule', { scheduledFor: at, targets });
  const [{ scheduledPostId: post }] = scheduled.body.scheduledPosts;
  await namespace.admin('POST', '/clock/advance', { by: `${hours}h` });
  assert.equal((await namespace.admin('GET', '/clock')).now, at);
  assert.equal((await namespace.get(`/v1/scheduled-posts/${post}`)).body.status, 'published');
  return post;
}

async function revokesOnlyItsOwnAccount(namespace, account) {
  assert.equal((await namespace.call('DELETE', `/v1/social-accounts/${account}`)).status, 200);
  assert.deepEqual((await namespace.get('/v1/projects/prj_one/social-accounts')).body.items, []);
}

async function seesOnlyItsOwnRule(namespace) {
  const rule = { name: namespace.name, on: 'layers.whoami', then: [{ headers: { 'X-Rule': namespace.name } }] };
  await namespace.admin('POST', '/rules', rule);
  assert.equal((await namespace.get('/v1/whoami')).headers['x-rule'], namespace.name);
  assert.deepEqual((await namespace.admin('GET', '/rules')).items.map((r) => [r.name, r.hits]), [[namespace.name, 1]]);
}

async function usesOnlyItsOwnRateLimit(namespace) {
  const left = async () => Number((await namespace.get('/v1/whoami')).headers['x-ratelimit-remaining']);
  const before = await left();
  assert.equal(await left(), before - 1);
}

async function seesOnlyItsOwnJournal(namespace) {
  const { items, lost, truncated } = await namespace.admin('GET', '/requests?stable=1');
  assert.deepEqual([items.length, lost, truncated], [namespace.calls, 0, false]);
  for (const { request } of items) assert.equal(request.headers['X-Test'], namespace.name);
  const match = { headers: { 'X-Test': namespace.name } };
  assert.equal((await namespace.admin('POST', '/requests/verify', { match, count: namespace.calls })).matched, namespace.calls);
}

async function test(number) {
  const namespace = new Namespace(number);
  await namespace.create();
  const account = await connectAccount(namespace);
  const post = await advancesOnlyItsOwnClock(namespace, account);
  await revokesOnlyItsOwnAccount(namespace, account);
  await seesOnlyItsOwnRule(namespace);
  await usesOnlyItsOwnRateLimit(namespace);
  await seesOnlyItsOwnJournal(namespace);
  return { namespace, ids: [account, post] };
}

const folder = mkdtempSync(join(tmpdir(), 'parallel-'));
const fixture = join(folder, 'parallel.yaml');
writeFileSync(fixture, JSON.stringify(makeFixture('parallel', sharedKey)));
const child = spawn(program, ['--port', '0', '--fixture', fixture], { stdio: ['ignore', 'pipe', 'inherit'] });
try {
  const [line] = await once(createInterface(child.stdout), 'line');
  mock = { port: new URL(JSON.parse(line).url).port };
  const startedAt = process.hrtime.bigint();
  const done = await Promise.all(Array.from({ length: Number(count) }, (_, number) => test(number)));
  const seconds = Number(process.hrtime.bigint() - startedAt) / 1e9;

  // No two tests get the same ids.
  assert.equal(new Set(done.flatMap(({ ids }) => ids)).size, 2 * done.length);
  const items = [];
  for (let since = '0', total = 0; since; assert.equal(total, done.length + 1)) {
    const page = (await send('GET', `/__admin/namespaces?since=${since}`, {})).body;
    items.push(...page.items);
    ({ next: since, total } = page);
  }
  const requestsOf = new Map(items.map(({ name, requests }) => [name, requests]));
  assert.equal(requestsOf.size, done.length + 1);
  assert.equal(requestsOf.get('default'), 0);
  for (const { namespace } of done) assert.equal(requestsOf.get(namespace.name), namespace.calls);

  // A test that runs alone gets the ids that it got among the others.
  for (const { namespace, ids } of done.slice(0, 3)) {
    await send('DELETE', `/__admin/namespaces/${namespace.name}`, {});
    assert.deepEqual((await test(namespace.number)).ids, ids);
  }

  assert.equal(agent.totalSocketCount, CONNECTIONS);
  const [, kib] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'));
  const calls = done.reduce((sum, { namespace }) => sum + namespace.calls, 0);
  console.log(`${done.length} tests, ${calls} calls in ${seconds.toFixed(1)} s; ${Math.round(kib / 1024)} MiB resident`);
  agent.destroy();
  child.kill();
  assert.deepEqual(await once(child, 'exit'), [0, null]);
} finally {
  agent.destroy();
  child.kill();
  rmSync(folder, { recursive: true });
}
