// layers.mjs - runs a small client of the Layers Partner API, written with Node's standard library
// only, against the mock: pages, an exhausted rate limit, consent, a lost token and the
// reconnection, posts that a revocation cancels.
//
//   node layers.mjs <mockserver> <fixture>
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

const keys = {
  full: 'lp_live_01HX9Y6K7EJ4T2_full',
  reader: 'lp_live_01HX9Y6K7EJ4T2_reader',
  unknown: 'lp_live_000000000000000_unknown',
};
const project = 'prj_acme_a';
const returnUrl = 'https://app.your-product.com/connected';

class LayersError extends Error {
  constructor(httpStatus, { code, message, requestId, details }) {
    super(message);
    Object.assign(this, { httpStatus, code, requestId, details });
  }
}

class Layers {
  // `sleep(seconds)` returns a promise; a test can advance a simulated clock instead of waiting.
  constructor(base, key, sleep) {
    Object.assign(this, { base, key, sleep });
  }

  // Every error response is {error}. After a 429, waits for Retry-After and tries again.
  async call(method, path, body, tries = 3) {
    const headers = { Authorization: `Bearer ${this.key}` };
    if (body) headers['Content-Type'] = 'application/json';
    const response = await fetch(this.base + path, { method, headers, body: body && JSON.stringify(body) });
    const result = await response.json();
    if (response.status === 429 && tries > 1) {
      await this.sleep(Number(response.headers.get('Retry-After')));
      return this.call(method, path, body, tries - 1);
    }
    if (!response.ok) throw new LayersError(response.status, result.error);
    return result;
  }

  async *list(path, limit) {
    for (let cursor = ''; cursor !== null; ) {
      const { items, nextCursor } = await this.call('GET', `${path}?limit=${limit}${cursor}`);
      yield* items;
      cursor = nextCursor ? `&cursor=${encodeURIComponent(nextCursor)}` : null;
    }
  }

  accounts(limit = 2) {
    return this.list(`/v1/projects/${project}/social-accounts`, limit);
  }

  async account(id) {
    for await (const account of this.accounts()) if (account.socialAccountId === id) return account;
    return undefined;
  }

  // Sends the end-customer to the URL with `ask`, then polls until they have decided.
  async consent({ state, authorizeUrl }, ask) {
    await ask(state, authorizeUrl);
    for (;;) {
      const result = await this.call('GET', `/v1/social/oauth-status/${state}`);
      if (result.status !== 'pending') return result;
      await this.sleep(2);
    }
  }

  async connect(platform, ask) {
    const started = await this.call('POST', `/v1/projects/${project}/social/oauth-url`, { platform, returnUrl });
    return this.consent(started, ask);
  }

  async reconnect(socialAccountId, ask) {
    const body = { socialAccountId, returnUrl };
    return this.consent(await this.call('POST', `/v1/projects/${project}/social/reauth-url`, body), ask);
  }

  async schedule(content, scheduledFor, ...accounts) {
    const targets = accounts.map((socialAccountId) => ({ socialAccountId, mode: 'publish' }));
    const { scheduledPosts } = await this.call('POST', `/v1/content/${content}/schedule`, { scheduledFor, targets });
    return scheduledPosts.map((p) => p.scheduledPostId);
  }

  post(id) {
    return this.call('GET', `/v1/scheduled-posts/${id}`);
  }

  revoke(id) {
    return this.call('DELETE', `/v1/social-accounts/${id}`);
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

const clientOf = (who) => new Layers(mock.bases.layers, keys[who], sleep);
const consents = (outcome, handle) => (state) => admin('/simulate/consent', { state, outcome, handle });

async function collect(items) {
  const all = [];
  for await (const item of items) all.push(item);
  return all;
}

async function listsThroughPages() {
  const ids = (await collect(clientOf('full').accounts())).map((a) => a.socialAccountId);
  assert.equal(new Set(ids).size, 6);
  assert.deepEqual((await collect(clientOf('full').accounts(200))).map((a) => a.socialAccountId), ids);
  assert.ok(!ids.includes('sa_acme_revoked'));
}

async function waitsForAnExhaustedRateLimit() {
  await admin('/simulate/rate_limit', { key: 'reader', class: 'read', remaining: 1 });
  assert.equal((await collect(clientOf('reader').accounts())).length, 6); // three calls
  assert.equal(slept.length, 1);
  assert.ok(slept[0] >= 1 && slept[0] <= 60 && Number.isInteger(slept[0]), `Retry-After: ${slept[0]}`);
}

async function connectsAnAccount() {
  const full = clientOf('full');
  slept.length = 0;
  const result = await full.connect('tiktok', async (state, authorizeUrl) => {
    assert.equal(new URL(authorizeUrl).searchParams.get('state'), state);
    assert.equal((await full.call('GET', `/v1/social/oauth-status/${state}`)).status, 'pending');
    await consents('approve', 'acme.client')(state);
  });
  assert.equal(result.status, 'completed');
  const account = await full.account(result.socialAccountId);
  assert.deepEqual([account.handle, account.status], ['acme.client', 'connected']);

  const denied = await full.connect('instagram', consents('deny'));
  assert.deepEqual([denied.status, denied.error.code], ['failed', 'access_denied']);
  return result.socialAccountId;
}

async function reconnectsAfterALostToken(id) {
  const full = clientOf('full');
  const { now } = await (await fetch(`${mock.url}/__admin/clock`)).json();
  const at = (hours) => new Date(Date.parse(now) + hours * 3600e3).toISOString();
  const [early, late] = [...(await full.schedule('cnt_open', at(1), id)), ...(await full.schedule('cnt_open', at(3), id))];
  await admin('/simulate/token_lost', { account: id, why: 'revoked_upstream' });
  assert.equal((await full.account(id)).status, 'reauth_required');
  await admin('/clock/advance', { by: '2h' });
  const failed = await full.post(early);
  assert.deepEqual([failed.status, failed.lastError.code], ['failed', 'CREDENTIAL_INVALID']);

  const result = await full.reconnect(id, consents('approve'));
  assert.deepEqual([result.status, result.socialAccountId], ['completed', id]);
  assert.equal((await full.account(id)).status, 'connected');
  assert.equal((await full.post(late)).status, 'queued');
  await admin('/clock/advance', { by: '2h' });
  assert.equal((await full.post(late)).status, 'published');
  assert.equal((await full.post(early)).status, 'failed');
  return at(240);
}

async function revocationCancelsPosts(id, due) {
  const full = clientOf('full');
  const [post] = await full.schedule('cnt_open', due, id);
  const result = await full.revoke(id);
  assert.deepEqual([result.status, result.canceledScheduledPosts], ['disconnected', 1]);
  assert.equal((await full.post(post)).status, 'canceled');
  assert.equal(await full.account(id), undefined);
  await refused(full.revoke(id), 404, 'NOT_FOUND');
  await refused(full.reconnect(id, () => {}), 404, 'NOT_FOUND');
}

async function refused(promise, httpStatus, code) {
  const error = await promise.then(() => assert.fail(`expected an error: ${code}`), (e) => e);
  assert.ok(error instanceof LayersError, error);
  assert.deepEqual([error.httpStatus, error.code], [httpStatus, code]);
  assert.match(error.requestId, /^req_/);
  return error;
}

async function parsesErrors() {
  await refused(clientOf('unknown').account('x'), 401, 'UNAUTHENTICATED');
  await refused(clientOf('reader').revoke('sa_acme_tiktok'), 403, 'FORBIDDEN_SCOPE');
  const error = await refused(clientOf('full').schedule('cnt_open', 'soon', 'sa_acme_tiktok'), 422, 'VALIDATION');
  assert.equal(error.details.issues[0].path, 'scheduledFor');
}

try {
  await listsThroughPages();
  await waitsForAnExhaustedRateLimit();
  const id = await connectsAnAccount();
  const due = await reconnectsAfterALostToken(id);
  await revocationCancelsPosts(id, due);
  await parsesErrors();
} finally {
  mock.child.kill();
}
