// effects.mjs - tests every effect of a rule and every delivery fault with a client and a receiver in Node.
//
//   node effects.mjs <mockserver>
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const KEY = 'lp_live_01HX9Y6K7EJ4T2_full';
const LIST = '/v1/projects/prj_a/social-accounts';
const SECRET = 'whsec_effects';
const LOST = 'social_account.needs_reauth';

/* --- a receiver that checks signatures as documented --------------------------------------------- */

let received = [];
let waiting = [];
const receiver = createServer((req, res) => {
  const chunks = [];
  req.on('data', (chunk) => chunks.push(chunk));
  req.on('end', () => {
    const body = Buffer.concat(chunks);
    const parts = req.headers['x-layers-signature'].split(',').map((part) => part.split('='));
    const t = parts.find(([name]) => name === 't')[1];
    const mac = createHmac('sha256', SECRET).update(`${t}.`).update(body).digest('hex');
    const genuine = parts.some(([name, hex]) => name === 'v1' && hex === mac);
    const fresh = Math.abs(Date.now() / 1000 - Number(t)) < 300;
    received.push({ id: req.headers['x-layers-event-id'], body, genuine, fresh, skew: Number(t) - Date.now() / 1000 });
    res.writeHead(genuine && fresh ? 200 : 400).end();
    for (const look of waiting) look();
  });
});
receiver.listen(0, '127.0.0.1');
await once(receiver, 'listening');

// Resolves when `count` deliveries have arrived.
const arrived = (count) =>
  new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`${received.length} of ${count} deliveries arrived`)), 10000);
    const look = () => {
      if (received.length < count) return;
      clearTimeout(late);
      resolve(received);
    };
    waiting.push(look);
    look();
  });

/* --- the mock and its client --------------------------------------------------------------------- */

const folder = await mkdtemp(join(tmpdir(), 'effects-'));
const fixture = join(folder, 'world.yaml');
await writeFile(
  fixture,
  `clock: { start: 2026-05-02T09:00:00Z, mode: frozen }
layers:
  organizations:
    - name: Acme
      keys: [ { name: full, key: ${KEY}, scopes: ["*"], tier: partner } ]
      projects:
        - id: prj_a
          social_accounts:
            - { id: sa_a, platform: tiktok, handle: acme }
            - { id: sa_b, platform: instagram, handle: acme.too }
          content: [ { id: cnt_a } ]
          scheduled_posts: [ { id: sp_a, content: cnt_a, account: sa_a, at: +2d } ]
      webhooks:
        - { id: 11111111-1111-4111-8111-111111111111, url: "http://127.0.0.1:${receiver.address().port}/hook", secret: ${SECRET},
            events: [${LOST}, post.canceled, social_account.revoked] }
`,
);
const mock = spawn(process.argv[2], ['--port', '0', '--fixture', fixture], { stdio: ['ignore', 'pipe', 'inherit'] });
const [ready] = await once(createInterface(mock.stdout), 'line');
const base = JSON.parse(ready).url;

async function call(method, path, body) {
  const response = await fetch(base + path, { method, headers: { authorization: `Bearer ${KEY}` }, body: body && JSON.stringify(body) });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, json: text.startsWith('{') ? JSON.parse(text) : null };
}
async function admin(method, path, body) {
  const response = await call(method, `/__admin${path}`, body);
  assert.ok(response.status < 300, `${method} ${path}: ${response.text}`);
  return response.json;
}
const rule = (target, then, when = {}) =>
  admin('POST', '/rules', { name: 'effect', ...target, when, then: [then].flat() });
const hits = async () => (await admin('GET', '/rules/effect')).hits;
const advance = (by) => admin('POST', '/clock/advance', { by });
const lose = (account) => admin('POST', '/simulate/token_lost', { account, why: 'revoked_upstream' });
const ping = () => call('POST', '/v1/webhook-endpoints/11111111-1111-4111-8111-111111111111/test');
const deliveries = async () => (await admin('GET', '/state/deliveries')).items;
const status = async (path = LIST) => (await call('GET', path)).status;

// Makes a call on its own connection; returns what was received and how the connection ended.
const raw = (path) =>
  new Promise((resolve) => {
    const seen = { status: 0, chunks: [], error: null, at: [] };
    const done = (error) => resolve({ ...seen, error: error?.code ?? error?.message ?? null, bytes: Buffer.concat(seen.chunks).length });
    const sent = request(base + path, { agent: false, headers: { authorization: `Bearer ${KEY}` } }, (response) => {
      seen.status = response.statusCode;
      seen.length = Number(response.headers['content-length'] ?? -1);
      response.on('data', (chunk) => {
        seen.chunks.push(chunk);
        seen.at.push(performance.now());
      });
      response.on('end', () => done(null));
      response.on('error', done);
    });
    sent.on('error', done);
    sent.end();
  });

const sections = [];
const section = (name, run) => sections.push({ name, run });

/* --- effects on calls ---------------------------------------------------------------------------- */

section('respond: an error of the provider', async () => {
  await rule({ on: 'layers.list_social_accounts' }, { respond: { error: 'RATE_LIMITED', headers: { 'Retry-After': '2' } } }, { times: 1 });
  const response = await call('GET', LIST);
  assert.equal(response.status, 429);
  assert.equal(response.json.error.code, 'RATE_LIMITED');
  assert.equal(response.json.error.requestId, response.headers.get('x-request-id'));
  assert.equal(response.headers.get('retry-after'), '2');
  assert.equal(response.headers.get('x-mock-error'), 'rule:effect');
  assert.equal(await status(), 200);
  assert.equal(await hits(), 1);
});

section('respond: any status and body', async () => {
  await rule({ on: 'layers.list_social_accounts' }, { respond: { status: 502, body: '<h1>Bad gateway</h1>', headers: { 'Content-Type': 'text/html' } } });
  const response = await call('GET', LIST);
  assert.equal(response.status, 502);
  assert.equal(response.text, '<h1>Bad gateway</h1>');
  assert.equal(response.headers.get('content-type'), 'text/html');
});

section('respond: any bytes, with their length', async () => {
  await rule({ on: 'layers.list_social_accounts' }, { respond: { status: 200, raw_base64: 'AP8KewA=', headers: { 'Content-Type': null, Date: null } } });
  const response = await fetch(base + LIST, { headers: { authorization: `Bearer ${KEY}` } });
  assert.deepEqual([...new Uint8Array(await response.arrayBuffer())], [0, 255, 10, 123, 0]);
  assert.equal(response.headers.get('content-length'), '5');
  assert.equal(response.headers.get('content-type'), null);
  assert.equal(response.headers.get('date'), null);
  assert.equal((await admin('GET', '/requests?operation=layers.list_social_accounts')).items[0].response.status, 200);
});

section('respond: a status without a body has the error of the provider', async () => {
  await rule({ on: 'layers.list_social_accounts' }, { respond: { status: 500 } });
  const response = await call('GET', LIST);
  assert.equal(response.json.error.code, 'INTERNAL');
  await admin('DELETE', '/rules');
  await rule({ on: 'layers.list_social_accounts' }, { respond: { status: 500, body: '' } });
  assert.equal((await call('GET', LIST)).text, '');
});

section('respond: after the call took effect', async () => {
  await rule({ on: 'layers.revoke_social_account' }, { respond: { status: 504, after: true } });
  received = [];
  const response = await call('DELETE', '/v1/social-accounts/sa_a');
  assert.equal(response.status, 504);
  assert.equal(response.json.error.message, 'Gateway Timeout');
  assert.equal((await call('GET', LIST)).json.items.length, 1);
  assert.ok((await arrived(2)).every((delivery) => delivery.genuine)); // the revoke, and its canceled post
});

section('respond: the call is not served and has no effect', async () => {
  await rule({ on: 'layers.revoke_social_account' }, { respond: { status: 500 } }, { times: 1 });
  assert.equal((await call('DELETE', '/v1/social-accounts/sa_a')).status, 500);
  assert.equal((await call('GET', LIST)).json.items.length, 2);
});

section('patch', async () => {
  await rule({ on: 'layers.list_social_accounts' }, { patch: [{ op: 'replace', path: '/items/0/handle', value: 7 }, { op: 'remove', path: '/nextCursor' }] });
  const response = await call('GET', LIST);
  assert.equal(response.json.items[0].handle, 7);
  assert.ok(!('nextCursor' in response.json));
  assert.equal((await admin('GET', `/state/accounts/${response.json.items[0].socialAccountId}`)).handle.slice(0, 4), 'acme');
});

section('set_state', async () => {
  await rule({ on: 'layers.revoke_social_account' }, { set_state: { destinations: { where: { account: '$call.account', state: 'canceled' }, set: { state: 'queued', canceled_at: null } } } });
  assert.equal((await call('DELETE', '/v1/social-accounts/sa_a')).json.canceledScheduledPosts, 1);
  assert.equal((await call('GET', '/v1/scheduled-posts/sp_a')).json.status, 'queued');
});

section('headers', async () => {
  await rule({ on: 'layers.list_social_accounts' }, { headers: { 'X-Extra': 'yes', 'X-RateLimit-Remaining': '1' } });
  const response = await call('GET', LIST);
  assert.equal(response.headers.get('x-extra'), 'yes');
  assert.equal(response.headers.get('x-ratelimit-remaining'), '1');
});

section('delay_after: the effect precedes the response', async () => {
  await rule({ on: 'layers.revoke_social_account' }, { delay_after: '1500ms' });
  let responded = false;
  const revoke = call('DELETE', '/v1/social-accounts/sa_a').then((a) => ((responded = true), a));
  let gone = false;
  while (!gone && !responded) gone = (await call('GET', LIST)).json.items.length === 1;
  assert.ok(gone && !responded, 'other calls saw the effect before the response');
  assert.equal((await revoke).status, 200);
});

section('delay_before: other calls are served before the effect', async () => {
  await rule({ on: 'layers.revoke_social_account' }, { delay_before: '1s' });
  let responded = false;
  const revoke = call('DELETE', '/v1/social-accounts/sa_a').then((a) => ((responded = true), a));
  for (let i = 0; i < 5; i++) assert.equal((await call('GET', LIST)).json.items.length, 2);
  assert.ok(!responded);
  assert.equal((await revoke).status, 200);
  assert.equal((await call('GET', LIST)).json.items.length, 1);
});

section('delay_after: lognormal delays spread around the median', async () => {
  await rule({ on: 'layers.list_social_accounts' }, { delay_after: { lognormal: { median: '40ms', sigma: 0.6 } } });
  const took = [];
  for (let i = 0; i < 8; i++) {
    const start = performance.now();
    await call('GET', LIST);
    took.push(performance.now() - start);
  }
  assert.ok(Math.max(...took) > 1.3 * Math.min(...took), `the delays must differ: ${took}`);
  assert.ok(Math.max(...took) > 30);
});

for (const [cut, check] of Object.entries({
  before_headers: (seen) => assert.ok(seen.status === 0 && seen.error === 'ECONNRESET', 'no response'),
  after_headers: (seen) => assert.ok(seen.status === 200 && seen.length > 0 && seen.bytes === 0 && seen.error, 'a head but no body'),
  mid_body: (seen) => assert.ok(seen.status === 200 && seen.bytes > 0 && seen.bytes < seen.length && seen.error, 'a part of the body'),
  reset: (seen) => assert.ok(seen.status === 0 && seen.error === 'ECONNRESET', 'a connection reset'),
}))
  section(`close_connection: ${cut}`, async () => {
    await rule({ on: 'layers.list_social_accounts' }, { close_connection: cut }, { times: 1 });
    check(await raw(LIST));
    assert.equal((await raw(LIST)).error, null);
  });

section('throttle', async () => {
  const whole = await raw(LIST);
  await rule({ on: 'layers.list_social_accounts' }, { throttle: '1KiB/s' });
  const slow = await raw(LIST);
  assert.equal(slow.bytes, whole.bytes);
  assert.ok(slow.chunks.length > 3, `received in ${slow.chunks.length} chunks`);
  const spent = slow.at.at(-1) - slow.at[0];
  assert.ok(spent > (whole.bytes / 1024) * 1000 * 0.5, `${whole.bytes} bytes in ${spent} ms`);
});

section('several effects and several rules act on one call', async () => {
  await rule({ on: 'layers.list_social_accounts' }, [{ patch: [{ op: 'add', path: '/a', value: 1 }] }, { headers: { 'X-One': '1' } }]);
  await admin('POST', '/rules', { name: 'second', provider: 'layers', method: 'GET', path: '/v1/projects/{}/social-accounts', then: [{ patch: [{ op: 'copy', from: '/a', path: '/b' }] }] });
  const response = await call('GET', LIST);
  assert.deepEqual([response.json.a, response.json.b, response.headers.get('x-one')], [1, 1, '1']);
  const [entry] = (await admin('GET', '/requests?operation=layers.list_social_accounts')).items.slice(-1);
  assert.deepEqual(entry.rules, ['effect', 'second']);
});

section('conditions select the calls', async () => {
  const seen = async (when, ask) => {
    await admin('DELETE', '/rules');
    await rule({ on: 'layers.list_social_accounts' }, { respond: { status: 418 } }, when);
    return ask();
  };
  const several = async () => {
    const all = [];
    for (let i = 0; i < 4; i++) all.push(await status());
    return all.map((s) => (s === 418 ? 'x' : '.')).join('');
  };
  assert.equal(await seen({ nth: 2 }, several), '.x..');
  assert.equal(await seen({ times: 2 }, several), 'xx..');
  assert.equal(await seen({ every: 2 }, several), '.x.x');
  assert.equal(await seen({ after: 3 }, several), '...x');
  assert.equal(await seen({ probability: 1 }, several), 'xxxx');
  assert.equal(await seen({ key: 'full' }, status), 418);
  assert.equal(await seen({ query: { platform: 'tiktok' } }, () => status(`${LIST}?platform=tiktok`)), 418);
  assert.equal(await seen({ query: { platform: 'tiktok' } }, () => status(`${LIST}?platform=instagram`)), 200);
  assert.equal(await seen({ header: { Authorization: { $matches: 'full$' } } }, status), 418);
  assert.equal(await seen({ path: { $matches: 'prj_b' } }, status), 200);
});

/* --- delivery faults ----------------------------------------------------------------------------- */

const faults = (webhook, when) => rule({ event: LOST }, { webhook }, when);
const accounts = () => received.map(({ body }) => JSON.parse(body).data.socialAccountId ?? 'ping');

section('webhook: without a fault', async () => {
  await lose('sa_a');
  const [one] = await arrived(1);
  assert.ok(one.genuine && one.fresh);
});

section('webhook: drop', async () => {
  await faults({ drop: true }, { times: 1 });
  await lose('sa_a');
  await lose('sa_b');
  await arrived(1);
  await advance('47h');
  assert.deepEqual(accounts(), ['sa_b']);
  const dropped = (await deliveries()).find((d) => d.fault_rules === 'effect');
  assert.deepEqual([dropped.state, dropped.fault_drop], ['abandoned', true]);
});

section('webhook: duplicate', async () => {
  await faults({ duplicate: 2 });
  await lose('sa_a');
  const all = await arrived(3);
  assert.equal(new Set(all.map((r) => r.id)).size, 1);
  assert.ok(all.every((r) => r.genuine && r.body.equals(all[0].body)));
  assert.equal(await hits(), 1);
});

section('webhook: delay, with a frozen clock', async () => {
  await faults({ delay: '5m' });
  await lose('sa_a');
  await advance('299s');
  assert.equal(received.length, 0);
  await advance('1s');
  assert.equal(received.length, 1);
});

section('webhook: delay, with a running clock', async () => {
  await admin('PUT', '/clock', { mode: 'runs' });
  await faults({ delay: '300ms' }, { times: 1 });
  await lose('sa_a');
  await lose('sa_b');
  await arrived(2);
  assert.deepEqual(accounts(), ['sa_b', 'sa_a']);
});

for (const mode of ['frozen', 'runs'])
  section(`webhook: reorder, ${mode}`, async () => {
    await admin('PUT', '/clock', { mode });
    await faults({ reorder: 1 }, { nth: 1 });
    await lose('sa_a');
    await ping();
    await arrived(2);
    assert.deepEqual(accounts(), ['ping', 'sa_a']);
    assert.ok(received.every((r) => r.genuine));
  });

section('webhook: corrupt, and the retry is intact', async () => {
  await faults({ corrupt: 1 });
  await lose('sa_a');
  await arrived(1);
  await advance('30s');
  const [damaged, whole] = await arrived(2);
  assert.deepEqual([damaged.genuine, whole.genuine], [false, true]);
  const bits = damaged.body.reduce((sum, byte, i) => sum + (byte ^ whole.body[i]).toString(2).replaceAll('0', '').length, 0);
  assert.equal(bits, 1);
  assert.equal((await deliveries())[0].state, 'delivered');
});

section('webhook: clock_skew', async () => {
  await faults({ clock_skew: '-10m' }, { times: 1 });
  await lose('sa_a');
  const [stale] = await arrived(1);
  assert.ok(stale.genuine && !stale.fresh);
  assert.ok(Math.abs(stale.skew + 600) < 30, `${stale.skew}`);
});

section('webhook: the simulation adds a rule for the next event', async () => {
  const { rule: name } = await admin('POST', '/simulate/webhook', { event: LOST, action: 'duplicate' });
  await lose('sa_a');
  await lose('sa_b');
  await arrived(3);
  assert.deepEqual(accounts().sort(), ['sa_a', 'sa_a', 'sa_b']);
  assert.equal((await admin('GET', `/rules/${name}`)).hits, 1);
});

/* --- runs all sections, each after a reset ------------------------------------------------------- */

try {
  for (const { name, run } of sections) {
    await admin('POST', '/reset');
    received = [];
    waiting = [];
    try {
      await run();
    } catch (error) {
      console.error(`in the section '${name}':`);
      throw error;
    }
  }
  console.log(`${sections.length} sections`);
  mock.kill('SIGTERM');
  assert.deepEqual(await once(mock, 'exit'), [0, null]);
} finally {
  mock.kill('SIGKILL');
  receiver.closeAllConnections();
  receiver.close();
  await rm(folder, { recursive: true });
}
