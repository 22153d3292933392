// postnitro.mjs - runs a small client of the PostNitro Embed API, which uses only Node's standard
// library, against the mockserver program: lists, usage, a lost token, a reconnect, both error
// envelopes.
//
//   node postnitro.mjs <mockserver> <fixture>
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

const keys = {
  acme: 'pn-acme00000000000000000001',
  unpaid: 'pn-000000000000000000unpaid',
  missing: '',
  unknown: 'pn-000000000000000000000000',
};

// The edge refuses with {status: false, message}, the application with {success: false, message}.
class PostNitroError extends Error {
  constructor(httpStatus, body) {
    super(body.message);
    this.httpStatus = httpStatus;
    this.byEdge = body.status === false;
    this.detail = body.error;
  }
}

class PostNitro {
  constructor(base, key) {
    this.base = base;
    this.headers = key ? { 'embed-api-key': key } : {};
  }

  async call(method, path, body) {
    const json = body && { 'Content-Type': 'application/json' };
    const response = await fetch(this.base + path, {
      method,
      headers: { ...this.headers, ...json },
      body: body && JSON.stringify(body),
    });
    const result = await response.json();
    if (!response.ok) throw new PostNitroError(response.status, result);
    return result;
  }

  async accounts() {
    const { data } = await this.call('GET', '/social-account');
    return Object.values(data.socialAccounts).flat();
  }

  async usage(id) {
    const { data } = await this.call('GET', `/social-account/${encodeURIComponent(id)}`);
    return Object.fromEntries(data.usage.map((row) => [row.status, row._count]));
  }

  disconnect(id) {
    return this.call('DELETE', `/social-account/${encodeURIComponent(id)}`);
  }

  async schedule(caption, scheduledAt, ...selectedAccounts) {
    const body = { status: 'SCHEDULED', scheduledAt, postContent: { common: caption }, selectedAccounts };
    return (await this.call('POST', '/schedule', body)).data;
  }

  async post(id) {
    return (await this.call('GET', `/schedule/${encodeURIComponent(id)}`)).data;
  }
}

async function start(program, fixture) {
  const child = spawn(program, ['--port', '0', '--fixture', fixture], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = await once(createInterface(child.stdout), 'line');
  return { child, ...JSON.parse(line) };
}

const mock = await start(...process.argv.slice(2));

async function admin(path, body) {
  const response = await fetch(`${mock.url}/__admin${path}`, { method: 'POST', body: JSON.stringify(body) });
  assert.equal(response.status, 200, path);
  return response.json();
}

const clientOf = (key) => new PostNitro(mock.bases.postnitro, keys[key]);

async function expectRefusal(promise, httpStatus, byEdge, message) {
  const error = await promise.then(() => assert.fail(`expected "${message}"; the call succeeded`), (e) => e);
  assert.ok(error instanceof PostNitroError, error);
  assert.deepEqual([error.httpStatus, error.byEdge, error.message], [httpStatus, byEdge, message]);
  return error;
}

async function usageCountsANewPost() {
  const acme = clientOf('acme');
  const accounts = await acme.accounts();
  assert.equal(accounts.length, 6);
  const inactive = accounts.filter((a) => a.accessTokenStatus !== 'active');
  assert.deepEqual(inactive.map((a) => a.accountHandle), ['acmecoffee.eu']);
  assert.deepEqual(await acme.usage(inactive[0].id), { FAILED: 1 });

  const threads = accounts.find((a) => a.platformType === 'threads' && a.accountHandle === 'acme.coffee');
  const before = await acme.usage(threads.id);
  const post = await acme.schedule('From a client. #hello', '2026-06-01T12:00:00Z', threads.id);
  assert.deepEqual(post.postContents[0].hashtags, ['#hello']);
  assert.deepEqual(await acme.usage(threads.id), { ...before, PENDING: before.PENDING + 1 });
}

async function reconnectingCreatesANewAccount() {
  const acme = clientOf('acme');
  const find = async () => (await acme.accounts()).find((a) => a.accountHandle === 'acme.popup');
  const first = await find();
  await admin('/simulate/token_lost', { account: first.id, why: 'revoked_upstream' });
  assert.notEqual((await find()).accessTokenStatus, 'active');

  assert.equal((await acme.disconnect(first.id)).message, 'Social account deleted successfully');
  assert.equal(await find(), undefined);
  assert.deepEqual((await acme.post('cacmepost00000000000alone')).socialAccounts, []);

  await admin('/simulate/account_connected', { space: 'ws_acme', platform: 'threads', handle: 'acme.popup' });
  const second = await find();
  assert.equal(second.accessTokenStatus, 'active');
  assert.notEqual(second.id, first.id);
  assert.deepEqual(await acme.usage(second.id), {});
  await expectRefusal(acme.usage(first.id), 404, false, 'Social account not found');
}

async function errorsUseBothEnvelopes() {
  const acme = clientOf('acme');
  const [account] = await acme.accounts();
  await expectRefusal(clientOf('missing').accounts(), 401, true, 'Unauthorized');
  const unknownKey = await clientOf('unknown').accounts().catch((e) => e);
  assert.ok(unknownKey.byEdge && unknownKey.message.startsWith('Unable to find embed details'));
  const unpaid = await clientOf('unpaid').accounts().catch((e) => e);
  assert.deepEqual([unpaid.httpStatus, unpaid.byEdge], [402, true]);
  await expectRefusal(acme.disconnect(' '), 422, true, 'Social account id is required');
  await expectRefusal(acme.post('nothing'), 404, false, 'Post details not found.');

  const failNext = (operation, error) => admin('/simulate/fail', { operation: `postnitro.${operation}`, times: 1, error });
  await failNext('delete_social_account', 'FAILED');
  await expectRefusal(acme.disconnect(account.id), 400, false, 'Failed to delete social account');
  await failNext('list_social_accounts', 'INTERNAL');
  const broken = await expectRefusal(acme.accounts(), 500, false, 'Error fetching Social Accounts');
  assert.equal(typeof broken.detail, 'string');
}

try {
  await usageCountsANewPost();
  await reconnectingCreatesANewAccount();
  await errorsUseBothEnvelopes();
} finally {
  mock.child.kill();
}
