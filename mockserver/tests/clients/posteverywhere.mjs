// posteverywhere.mjs - runs a small client of the PostEverywhere API, which uses only Node's standard
// library, against the mockserver program: pages, an exhausted rate limit, an account that cannot
// publish, a reconnect, a retry.
//
//   node posteverywhere.mjs <mockserver> <fixture>
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';

const keys = {
  acme: 'pe_live_0c5e8d9a0c5e8d9a0c5e8d9a0c5e8d9a',
  unknown: 'pe_live_00000000000000000000000000000000',
};

class PostEverywhereError extends Error {
  constructor(httpStatus, { error, meta }) {
    super(error.message);
    Object.assign(this, { httpStatus, code: error.code, retryable: error.retryable, requestId: meta.request_id });
  }
}

class PostEverywhere {
  // `sleep(seconds)` is called for every wait; a test can pass one that returns at once.
  constructor(base, key, sleep) {
    Object.assign(this, { base, key, sleep });
  }

  // Every response is JSON with `data`, `error` and `meta`. After a 429, waits for Retry-After and retries.
  async call(method, path, body, tries = 3) {
    const headers = { Authorization: `Bearer ${this.key}` };
    if (body) headers['Content-Type'] = 'application/json';
    const response = await fetch(this.base + path, { method, headers, body: body && JSON.stringify(body) });
    const result = await response.json();
    if (response.status === 429 && tries > 1) {
      await this.sleep(Number(response.headers.get('Retry-After')));
      return this.call(method, path, body, tries - 1);
    }
    if (result.error) throw new PostEverywhereError(response.status, result);
    assert.ok(response.ok, `${response.status} without an error`);
    return result.data;
  }

  accounts() {
    return this.call('GET', '/accounts');
  }

  async *posts(limit = 2) {
    for (let offset = 0, more = true; more; offset += limit) {
      const { posts, pagination } = await this.call('GET', `/posts?limit=${limit}&offset=${offset}`);
      yield* posts;
      more = pagination.has_more;
    }
  }

  post(content, ...account_ids) {
    return this.call('POST', '/posts', { content, account_ids });
  }

  async results(id) {
    const { results } = await this.call('GET', `/posts/${id}/results`);
    return new Map(results.map((r) => [r.account_id, r]));
  }

  retry(id) {
    return this.call('POST', `/posts/${id}/retry`);
  }

  // Polls at the interval of the session until the user has decided. `ask(session)` shows the link.
  async reconnect(account_id, ask) {
    const { platform } = await this.call('GET', `/accounts/${account_id}`);
    const start = { platform, mode: 'reconnect', account_id };
    const session = await this.call('POST', '/auth/social-connect/start', start);
    await ask(session);
    for (;;) {
      const result = await this.call('GET', `/auth/social-connect/poll/${session.session_id}`);
      if (result.status !== 'pending') return result;
      await this.sleep(session.interval);
    }
  }
}

async function start(program, fixture) {
  const child = spawn(program, ['--port', '0', '--fixture', fixture], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = await once(createInterface(child.stdout), 'line');
  return { child, ...JSON.parse(line) };
}

const mock = await start(...process.argv.slice(2));
const slept = [];

async function admin(path, body) {
  const response = await fetch(`${mock.url}/__admin${path}`, { method: 'POST', body: JSON.stringify(body) });
  assert.equal(response.status, 200, path);
  return response.json();
}

// Advances the mock's clock instead of waiting.
async function sleep(seconds) {
  slept.push(seconds);
  await admin('/clock/advance', { by: `${seconds}s` });
}

const clientOf = (key) => new PostEverywhere(mock.bases.posteverywhere, keys[key], sleep);

async function pagesListEveryPostOnce() {
  const acme = clientOf('acme');
  const { accounts, account_ids } = await acme.accounts();
  assert.deepEqual(account_ids, accounts.map((a) => a.account_id));
  assert.ok(account_ids.every(Number.isInteger));
  assert.deepEqual(accounts.filter((a) => !a.health.can_post).map((a) => a.account_id), [3004, 3006]);

  const seen = [];
  for await (const post of acme.posts()) seen.push(post);
  assert.equal(seen.length, 5);
  assert.equal(new Set(seen.map((p) => p.id)).size, 5);
}

async function anExhaustedRateLimitIsWaitedFor() {
  await admin('/simulate/rate_limit', { key: 'acme', class: 'minute', remaining: 1 });
  const contents = [];
  for await (const post of clientOf('acme').posts()) contents.push(post.content); // three calls
  assert.equal(contents.length, 5);
  assert.equal(slept.length, 1);
  assert.ok(slept[0] >= 1 && slept[0] <= 60 && Number.isInteger(slept[0]), `Retry-After: ${slept[0]}`);
}

async function aRetrySucceedsAfterReconnecting() {
  const acme = clientOf('acme');
  const post = await acme.post('From a client.', 3001, 3004);
  let results = await acme.results(post.id);
  assert.equal(results.get(3001).status, 'published');
  assert.equal(results.get(3004).status, 'failed');
  assert.match(results.get(3004).error, /token expired/i);

  const result = await acme.reconnect(3004, async ({ session_id }) => {
    assert.equal((await acme.call('GET', `/auth/social-connect/poll/${session_id}`)).status, 'pending');
    await admin('/simulate/consent', { state: session_id, outcome: 'approve' });
  });
  assert.deepEqual([result.status, result.account.account_id], ['completed', 3004]);
  assert.equal((await acme.retry(post.id)).retried_count, 1);
  results = await acme.results(post.id);
  assert.deepEqual([...results.values()].map((r) => r.status), ['published', 'published']);
  assert.equal(results.get(3004).attempts, 2);
}

// The response waits until the receiver has responded, also if several tests run at once.
async function aTestSaysWhatTheReceiverSaid() {
  const acme = clientOf('acme');
  let status = 204, received = 0;
  const receiver = createServer((request, response) => {
    request.resume().on('end', () => setTimeout(() => { received++; response.writeHead(status).end(); }, 30));
  }).listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  const url = `http://127.0.0.1:${receiver.address().port}/hook`;
  const { id } = await acme.call('POST', '/webhooks', { url, events: ['post.failed'] });
  const test = () => acme.call('POST', `/webhooks/${id}/test`);
  for (const result of await Promise.all([test(), test(), test(), test()]))
    assert.deepEqual([result.ok, result.status, result.error], [true, 204, null]);
  assert.equal(received, 4);
  status = 500;
  const failed = await test();
  assert.deepEqual([failed.ok, failed.status], [false, 500]);
  receiver.closeAllConnections();
  receiver.close();
  const unreached = await test();
  assert.deepEqual([unreached.ok, unreached.status], [false, 0]);
  assert.ok(unreached.error);
  await acme.call('DELETE', `/webhooks/${id}`);
}

async function expectRefusal(promise, httpStatus, code) {
  const error = await promise.then(() => assert.fail(`expected ${code}; the call succeeded`), (e) => e);
  assert.ok(error instanceof PostEverywhereError, error);
  assert.deepEqual([error.httpStatus, error.code], [httpStatus, code]);
  assert.ok(error.requestId);
}

async function refusalsHaveStatusAndCode() {
  const acme = clientOf('acme');
  await expectRefusal(clientOf('unknown').accounts(), 401, 'unauthorized');
  await expectRefusal(acme.post('Nowhere.', 77), 400, 'invalid_accounts');
  await expectRefusal(acme.call('GET', '/campaigns/77'), 404, 'not_found');
  await expectRefusal(acme.retry('nothing'), 404, 'not_found');
}

try {
  await pagesListEveryPostOnce();
  await anExhaustedRateLimitIsWaitedFor();
  await aRetrySucceedsAfterReconnecting();
  await aTestSaysWhatTheReceiverSaid();
  await refusalsHaveStatusAndCode();
} finally {
  mock.child.kill();
}
