// client_checks.mjs - runs a naive and a careful client against the mock program, and tests the
// results: the verdicts, --client-report, and the exit status with --fail-on-client-checks.
//
//   node client_checks.mjs <mockserver> <fixture>
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

const [program, fixture] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), 'client-checks-'));
const report = join(folder, 'client-checks.xml');
const full = 'lp_live_01HX9Y6K7EJ4T2_full';
const returnUrl = 'https://app.your-product.com/connected';
const project = '/v1/projects/prj_acme_a';
const schedule = '/v1/content/cnt_open/schedule';
const post = { scheduledFor: '2026-05-04T17:00:00Z', targets: [{ socialAccountId: 'sa_acme_tiktok', mode: 'publish' }] };
const running = new Set();

async function start(...options) {
  const child = spawn(program, ['--port', '0', '--fixture', fixture, '--log', 'warn', ...options]);
  running.add(child);
  const log = [];
  child.stderr.on('data', (text) => log.push(text));
  const [line] = await once(createInterface({ input: child.stdout }), 'line');
  const end = async () => {
    child.kill('SIGTERM');
    const [status] = await once(child, 'close');
    running.delete(child);
    return { status, log: log.join('') };
  };
  return { url: JSON.parse(line).url, end };
}

async function call(mock, method, path, { body, key = full, headers = {}, signal } = {}) {
  const response = await fetch(mock.url + path, {
    method,
    signal,
    headers: { Authorization: `Bearer ${key}`, ...headers },
    body: body && JSON.stringify(body),
  });
  return { status: response.status, headers: response.headers, body: await response.json() };
}

async function admin(mock, method, path, body) {
  const response = await fetch(`${mock.url}/__admin${path}`, { method, body: body && JSON.stringify(body) });
  assert.ok(response.ok, `${path}: ${await response.clone().text()}`);
  return response.json();
}

async function verdicts(mock) {
  const { checks: responses } = await admin(mock, 'GET', '/client-checks');
  return Object.fromEntries(responses.map((a) => [a.id, a.verdict]));
}

// Rules for both clients: one rate-limited call, and one failing write.
async function add_failures(mock, wait) {
  await admin(mock, 'POST', '/rules', {
    on: 'layers.list_social_accounts',
    when: { nth: 1 },
    then: [{ respond: { error: 'RATE_LIMITED' } }, { headers: { 'Retry-After': wait } }],
  });
  await admin(mock, 'POST', '/rules', {
    on: 'layers.schedule_content',
    when: { nth: 1 },
    then: [{ respond: { error: 'UNAVAILABLE' } }, { headers: { 'Retry-After': wait } }],
  });
}

const naive = {
  wait: '600', // longer than the slowest machine takes to try again
  async list(mock) {
    for (;;) {
      const response = await call(mock, 'GET', `${project}/social-accounts?api_key=${full}`);
      if (response.status === 200) return;
    }
  },
  async schedule(mock) {
    while ((await call(mock, 'POST', schedule, { body: post })).status !== 202);
  },
  async reconnect(mock) {
    const body = { socialAccountId: 'sa_acme_expired', returnUrl };
    await Promise.all([1, 2, 3].map(() => call(mock, 'POST', `${project}/social/reauth-url`, { body })));
  },
  async connect(mock) {
    const { body } = await call(mock, 'POST', `${project}/social/oauth-url`, { body: { platform: 'tiktok', returnUrl } });
    for (let i = 0; i < 20; i++) await call(mock, 'GET', `/v1/social/oauth-status/${body.state}`);
    await admin(mock, 'POST', '/simulate/consent', { state: body.state, outcome: 'approve' });
    for (let i = 0; i < 5; i++) await call(mock, 'GET', `/v1/social/oauth-status/${body.state}`);
  },
  async revoke(mock) {
    await call(mock, 'DELETE', '/v1/social-accounts/sa_acme_disposable');
    const body = { ...post, targets: [{ socialAccountId: 'sa_acme_disposable', mode: 'publish' }] };
    for (let i = 0; i < 8; i++) await call(mock, 'POST', schedule, { body });
  },
  async use_dead_key(mock) {
    for (let i = 0; i < 5; i++) await call(mock, 'GET', '/v1/whoami', { key: 'lp_live_0000000000_dead' });
  },
};

const careful = {
  wait: '1',
  async patient(mock, ...request) {
    for (;;) {
      const response = await call(mock, ...request);
      const wait = response.headers.get('Retry-After');
      if (!wait) return response;
      await sleep(Number(wait) * 1000);
    }
  },
  async list(mock) {
    assert.equal((await this.patient(mock, 'GET', `${project}/social-accounts`)).status, 200);
  },
  async schedule(mock) {
    const headers = { 'Idempotency-Key': '6ba7b810-9dad-41d1-80b4-00c04fd430c8' };
    assert.equal((await this.patient(mock, 'POST', schedule, { body: post, headers })).status, 202);
  },
  async reconnect(mock) {
    const body = { socialAccountId: 'sa_acme_expired', returnUrl };
    const { body: first } = await call(mock, 'POST', `${project}/social/reauth-url`, { body });
    await admin(mock, 'POST', '/simulate/consent', { state: first.state, outcome: 'deny' });
    await call(mock, 'POST', `${project}/social/reauth-url`, { body });
  },
  async connect(mock) {
    const { body } = await call(mock, 'POST', `${project}/social/oauth-url`, { body: { platform: 'tiktok', returnUrl } });
    await call(mock, 'GET', `/v1/social/oauth-status/${body.state}`);
    await admin(mock, 'POST', '/simulate/consent', { state: body.state, outcome: 'approve' });
    await sleep(1000);
    const { body: end } = await call(mock, 'GET', `/v1/social/oauth-status/${body.state}`);
    assert.equal(end.status, 'completed');
    await sleep(2000); // time enough for another poll
  },
  async revoke(mock) {
    await call(mock, 'DELETE', '/v1/social-accounts/sa_acme_disposable');
    await call(mock, 'GET', `${project}/social-accounts`);
    const headers = { 'Idempotency-Key': '6ba7b811-9dad-41d1-80b4-00c04fd430c8' };
    const body = { ...post, scheduledFor: '2026-05-05T17:00:00Z' };
    assert.equal((await call(mock, 'POST', schedule, { body, headers })).status, 202);
  },
  async use_dead_key(mock) {
    await call(mock, 'GET', '/v1/whoami', { key: 'lp_live_0000000000_dead' });
    await sleep(200); // a call at once may have been in flight
    await call(mock, 'GET', '/v1/whoami');
  },
};

async function live(mock, client) {
  await add_failures(mock, client.wait);
  for (const what of ['list', 'schedule', 'reconnect', 'connect', 'revoke', 'use_dead_key']) await client[what](mock);
  return verdicts(mock);
}

const tests = {
  async 'a naive client fails the checks, and the exit status is 1'() {
    const mock = await start('--fail-on-client-checks', '--client-report', report);
    assert.deepEqual(await live(mock, naive), {
      retry_after: 'failed',
      idempotency_kept: 'failed',
      idempotency_unique: 'not_tested',
      poll_pace: 'failed',
      poll_end: 'failed',
      reauth_once: 'failed',
      refused_key: 'failed',
      secrets_in_urls: 'failed',
      dead_accounts: 'failed',
      backoff: 'not_tested',
    });
    const { status, log } = await mock.end();
    assert.equal(status, 1);
    assert.match(log, /warn: default: poll_end failed \d+ times, first: polled again/);
    const text = readFileSync(report, 'utf8');
    assert.match(text, /<testsuites name="client-checks" tests="10" failures="8" errors="0" skipped="2"/);
    assert.ok(!text.includes(full) && !log.includes(full));
    assert.deepEqual(readdirSync(folder), ['client-checks.xml']); // no temporary file is left
    assert.equal(spawnSync('xmllint', ['--noout', report]).status, 0);
  },

  async 'a careful client passes the checks'() {
    const mock = await start('--fail-on-client-checks', '--client-report', report);
    assert.deepEqual(await live(mock, careful), {
      retry_after: 'passed',
      idempotency_kept: 'passed',
      idempotency_unique: 'passed',
      poll_pace: 'passed',
      poll_end: 'passed',
      reauth_once: 'passed',
      refused_key: 'passed',
      secrets_in_urls: 'passed',
      dead_accounts: 'passed',
      backoff: 'not_tested', // it never failed five times in a row
    });
    assert.deepEqual(await mock.end(), { status: 0, log: '' });
    assert.match(readFileSync(report, 'utf8'), /failures="0" errors="0" skipped="1"/);
  },

  async 'without --fail-on-client-checks the exit status is 0'() {
    const mock = await start();
    await naive.use_dead_key(mock);
    assert.deepEqual(await mock.end(), { status: 0, log: '' });
  },

  async 'calls in flight at the same time do not fail each other'() {
    const mock = await start();
    await admin(mock, 'POST', '/rules', {
      on: 'layers.whoami',
      then: [{ respond: { error: 'RATE_LIMITED' } }, { headers: { 'Retry-After': '60' } }],
    });
    const dead = { key: 'lp_live_0000000000_dead' };
    await admin(mock, 'POST', '/rules', { on: 'layers.list_projects', when: { times: 8 }, then: [{ delay_after: '300ms' }] });
    await Promise.all(Array.from({ length: 8 }, () => call(mock, 'GET', '/v1/projects')));
    await Promise.all(Array.from({ length: 8 }, () => call(mock, 'GET', '/v1/whoami')));
    await Promise.all(Array.from({ length: 8 }, () => call(mock, 'GET', '/v1/projects', dead)));
    const { retry_after, refused_key } = await verdicts(mock);
    assert.deepEqual([retry_after, refused_key], ['not_tested', 'not_tested']);
    await mock.end();
  },

  async 'a repeated refused write fails on any connection'() {
    const mock = await start();
    await admin(mock, 'POST', '/rules', {
      on: 'layers.schedule_content',
      then: [{ respond: { error: 'RATE_LIMITED' } }, { headers: { 'Retry-After': '60' } }],
    });
    const write = (key) =>
      new Promise((done, fail) => {
        const headers = { Authorization: `Bearer ${full}`, 'Idempotency-Key': key };
        const sent = request(mock.url + schedule, { method: 'POST', agent: false, headers }, (response) => response.resume().on('end', done));
        sent.on('error', fail).end(JSON.stringify(post));
      });
    await write('a');
    assert.equal((await verdicts(mock)).retry_after, 'not_tested');
    await write('b');
    assert.equal((await verdicts(mock)).retry_after, 'not_tested'); // it may have been in flight
    await write('b');
    assert.equal((await verdicts(mock)).retry_after, 'failed');
    await mock.end();
  },

  async 'a write whose response was not awaited must keep its key'() {
    for (const [again, verdict] of [['a', 'passed'], ['b', 'failed']]) {
      const mock = await start();
      await admin(mock, 'POST', '/rules', { on: 'layers.schedule_content', when: { nth: 1 }, then: [{ delay_after: '200ms' }] });
      const headers = (key) => ({ 'Idempotency-Key': key });
      const first = call(mock, 'POST', schedule, { body: post, headers: headers('a'), signal: AbortSignal.timeout(50) });
      await assert.rejects(first);
      await sleep(300); // longer than the response would have taken
      assert.equal((await call(mock, 'POST', schedule, { body: post, headers: headers(again) })).status, 202);
      assert.equal((await verdicts(mock)).idempotency_kept, verdict);
      await mock.end();
    }
  },

  async 'an unwritable report is an error before the mock serves'() {
    for (const path of ['/no-such-folder/report.xml', folder]) {
      const { status, stderr, stdout } = spawnSync(program, ['--port', '0', '--client-report', path]);
      assert.deepEqual([status, String(stdout)], [2, '']);
      assert.match(String(stderr), new RegExp(`cannot write ${path}: `));
    }
  },

  async 'a report that becomes unwritable is an error at exit'() {
    const gone = join(folder, 'gone');
    for (const path of [join(gone, 'report.xml'), '/dev/full']) {
      mkdirSync(gone);
      const mock = await start('--fail-on-client-checks', '--client-report', path);
      rmSync(gone, { recursive: true });
      await naive.use_dead_key(mock);
      const { status, log } = await mock.end();
      assert.equal(status, 2);
      assert.match(log, new RegExp(`cannot write ${path}: `));
    }
    assert.ok(existsSync('/dev/full'));
  },
};

try {
  for (const [name, test] of Object.entries(tests)) {
    await test();
    console.log(`ok - ${name}`);
  }
} finally {
  for (const child of running) child.kill();
  rmSync(folder, { recursive: true, force: true });
}
