// browser.mjs - tests what browsers need, with only Node's standard library: HTTPS with the
// certificate from the ready line, CORS, server-sent events; and the connection effects of rules over
// TLS. At the end the conformance runner runs a folder of scenarios over HTTPS.
//
//   node browser.mjs <mockserver> <conformance> <root of the repository>
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { connect } from 'node:tls';

const [mockserver, conformance, root] = process.argv.slice(2);
const key = 'lp_live_01HX9Y6K7EJ4T2_full';
const origin = 'http://localhost:3000';
const accounts = '/v1/projects/prj_acme_a/social-accounts';

const mock = spawn(
  mockserver,
  ['--port', '0', '--tls', '--cors', origin, '--consent', 'local', '--fixture', join(root, 'fixtures/layers-acme.yaml')],
  { stdio: ['ignore', 'pipe', 'inherit'] },
);
const [line] = await once(createInterface(mock.stdout), 'line');
const ready = JSON.parse(line);
const { hostname, port } = new URL(ready.url);
const ca = readFileSync(ready.certificate);

function send(method, path, { headers = {}, body, host = hostname, trust = ca } = {}) {
  return new Promise((resolve, reject) => {
    const sent = request(
      { method, host, port, path, ca: trust, headers: { authorization: `Bearer ${key}`, ...headers } },
      (response) => {
        const chunks = [];
        response.on('data', (chunk) => chunks.push(chunk));
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          resolve({ status: response.statusCode, headers: response.headers, text, json: () => JSON.parse(text) });
        });
        response.on('error', reject);
      },
    );
    sent.on('error', reject);
    sent.end(body && JSON.stringify(body));
  });
}

async function admin(method, path, body) {
  const response = await send(method, `/__admin${path}`, { body });
  assert.ok(response.status < 300, `${method} ${path}: ${response.status} ${response.text}`);
  return response.json();
}

// Works like EventSource: parses blocks of lines and keeps the last id for the next connection.
class Events {
  constructor(path, lastId) {
    this.lastId = lastId;
    this.pending = [];
    this.waiting = null;
    this.ended = false;
    let text = '';
    const headers = { accept: 'text/event-stream', ...(lastId && { 'last-event-id': lastId }) };
    this.sent = request({ host: hostname, port, path, ca, headers }, (response) => {
      assert.equal(response.statusCode, 200);
      assert.equal(response.headers['content-type'], 'text/event-stream');
      response.setEncoding('utf8');
      response.on('data', (chunk) => {
        text += chunk;
        for (let at; (at = text.indexOf('\n\n')) >= 0; text = text.slice(at + 2)) this.take(text.slice(0, at));
      });
      response.on('end', () => {
        this.ended = true;
        this.waiting?.();
      });
      response.on('error', () => {});
    });
    this.sent.on('error', () => {});
    this.sent.end();
  }
  take(block) {
    const fields = Object.fromEntries(
      block.split('\n').filter((l) => l && !l.startsWith(':')).map((l) => l.split(/: ?(.*)/s).slice(0, 2)),
    );
    if (fields.data) this.pending.push({ ...fields, data: JSON.parse(fields.data) });
    this.waiting?.();
  }
  async next() {
    while (!this.pending.length && !this.ended) await new Promise((resolve) => (this.waiting = resolve));
    const event = this.pending.shift();
    this.lastId = event?.id ?? this.lastId;
    return event;
  }
  close() {
    this.sent.destroy();
  }
}

// Returns the head and body as raw text, and how the connection ended.
async function raw(path) {
  const socket = connect({ host: hostname, port, ca });
  await once(socket, 'secureConnect');
  const begun = performance.now();
  const chunks = [];
  let error = null;
  socket.on('data', (chunk) => chunks.push(chunk));
  socket.on('error', (e) => (error = e.code));
  socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${key}\r\nConnection: close\r\n\r\n`);
  await new Promise((resolve) => socket.on('close', resolve));
  const text = Buffer.concat(chunks).toString();
  const at = text.indexOf('\r\n\r\n');
  return {
    head: at < 0 ? '' : text.slice(0, at),
    body: at < 0 ? text : text.slice(at + 4),
    error,
    ms: performance.now() - begun,
  };
}

try {
  // The certificate is valid for this machine's names, and only for clients that trust it.
  assert.equal(statSync(ready.certificate).mode & 0o777, 0o644);
  for (const url of [ready.url, ...Object.values(ready.bases)]) assert.match(url, /^https:\/\/127\.0\.0\.1:/);
  assert.equal((await send('GET', accounts)).status, 200);
  assert.equal((await send('GET', accounts, { host: 'localhost' })).status, 200);
  await assert.rejects(send('GET', accounts, { trust: null }), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
  for (const version of ['TLSv1', 'TLSv1.1']) {
    const limits = { minVersion: version, maxVersion: version, ciphers: 'ALL:@SECLEVEL=0' };
    const old = connect({ host: hostname, port, ca, ...limits });
    assert.match((await once(old, 'error'))[0].code, /PROTOCOL_VERSION/);
  }
  const link = await send('POST', '/v1/projects/prj_acme_a/social/oauth-url', {
    body: { platform: 'tiktok', returnUrl: 'https://app.your-product.com/connect/complete' },
  });
  const page = new URL(link.json().authorizeUrl);
  assert.equal(page.origin, ready.url);
  assert.equal((await send('GET', page.pathname)).status, 200);

  // Pages of the allowed origin can send preflights, call and read; other origins cannot. Neither can use
  // the admin API.
  const preflightFrom = (from, path, method) =>
    send('OPTIONS', path, {
      headers: {
        origin: from,
        'access-control-request-method': method,
        'access-control-request-headers': 'authorization,content-type',
      },
    });
  const preflight = await preflightFrom(origin, accounts, 'GET');
  assert.equal(preflight.status, 204);
  assert.equal(preflight.headers['access-control-allow-origin'], origin);
  assert.equal(preflight.headers['access-control-allow-headers'], 'authorization,content-type');
  assert.equal(preflight.headers['access-control-allow-credentials'], 'true');
  const read = await send('GET', accounts, { headers: { origin } });
  assert.equal(read.headers['access-control-allow-origin'], origin);
  assert.match(read.headers['access-control-expose-headers'], /X-RateLimit-Remaining/);
  assert.equal(read.headers.vary, 'Origin');
  const refused = await preflightFrom('https://other.example', accounts, 'GET');
  assert.equal(refused.status, 403);
  assert.equal(refused.headers['access-control-allow-origin'], undefined);
  for (const method of ['GET', 'POST']) {
    const shut = await preflightFrom(origin, '/__admin/reset', method);
    assert.ok(shut.status >= 400);
    assert.equal(shut.headers['access-control-allow-origin'], undefined);
  }
  assert.equal((await preflightFrom(origin, page.pathname, 'POST')).status, 204);

  // Events arrive in order; a new connection continues after the last id.
  let events = new Events('/__admin/events');
  assert.equal((await events.next()).event, 'begin');
  await send('DELETE', '/v1/social-accounts/sa_acme_tiktok', {});
  const call = await events.next();
  assert.equal(call.event, 'request');
  assert.equal(call.data.operation, 'revoke_social_account');
  const first = await events.next();
  assert.equal(first.event, 'change');
  const { lastId } = events;
  events.close();
  await send('GET', accounts);
  events = new Events('/__admin/events?types=request,change', lastId);
  assert.equal((await events.next()).event, 'begin');
  const rest = [];
  do rest.push(await events.next());
  while (rest.at(-1).event === 'change');
  assert.equal(rest.length, call.data.changes); // the other changes, and the call
  assert.equal(rest[0].data.seq, first.data.seq + 1);
  assert.equal(rest.at(-1).data.operation, 'list_social_accounts');

  // A reset ends the stream; a reconnecting client gets the new state from its start.
  await admin('POST', '/reset');
  const last = await events.next();
  assert.equal(last.event, 'reset');
  assert.deepEqual(last.data, { namespace: 'default' });
  assert.equal(await events.next(), undefined);
  await send('GET', accounts);
  events = new Events('/__admin/events', events.lastId);
  assert.equal((await events.next()).data.requests, 0);
  assert.equal((await events.next()).data.seq, 1);
  events.close();

  // The connection effects of rules work over TLS.
  const whole = await raw(accounts);
  assert.equal(whole.error, null);
  const cut = async (how) => {
    await admin('POST', '/rules', { name: how, on: 'layers.list_social_accounts', then: [{ close_connection: how }] });
    const response = await raw(accounts);
    await admin('DELETE', `/rules/${how}`);
    return response;
  };
  const half = await cut('mid_body');
  assert.match(half.head, /^HTTP\/1\.1 200 /);
  assert.equal(half.body.length, Math.floor(whole.body.length / 2));
  const bare = await cut('after_headers');
  assert.match(bare.head, /^HTTP\/1\.1 200 /);
  assert.equal(bare.body, '');
  assert.equal((await cut('before_headers')).head, '');
  const reset = await cut('reset');
  assert.equal(reset.head, '');
  assert.ok(['ECONNRESET', null].includes(reset.error)); // a TLS library may report the reset as an end
  await admin('POST', '/rules', { name: 'slow', on: 'layers.list_social_accounts', then: [{ throttle: '4KiB/s' }] });
  const slow = await raw(accounts);
  await admin('DELETE', '/rules/slow');
  assert.equal(slow.body, whole.body);
  assert.ok(slow.ms > (whole.body.length / 4096) * 1000 * 0.5, `${whole.body.length} bytes took ${slow.ms} ms`);

  // The runner works over HTTPS.
  const run = spawn(
    conformance,
    ['run', join(root, 'scenarios/layers/list'), '--target', join(root, 'scenarios/layers/targets/mock.yaml'),
      '--url', `${ready.url}/layers`, '--admin-url', `${ready.url}/__admin`, '--cacert', ready.certificate],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  assert.deepEqual(await once(run, 'exit'), [0, null]);

  // The mock stops although a stream is open, and ends the stream cleanly.
  events = new Events('/__admin/events');
  assert.equal((await events.next()).event, 'begin');
  const begun = performance.now();
  mock.kill('SIGTERM');
  assert.deepEqual(await once(mock, 'exit'), [0, null]);
  assert.ok(performance.now() - begun < 3000);
  assert.equal(await events.next(), undefined);
  assert.ok(!existsSync(ready.certificate));
} finally {
  mock.kill('SIGKILL');
}
