// webhook_receiver.mjs - tests the mock with a partner's webhook receiver, written with Node's standard
// library only: signatures over the exact bytes, retries, auto-pause, replay, secret rotation.
//
//   node webhook_receiver.mjs <mockserver>
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHmac, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const key = 'lp_live_01HX9Y6K7EJ4T2_full';
const hook = '11111111-1111-4111-8111-111111111111';
const received = [];
let status = 200;

// The documented check: any v1 that is the HMAC of "<t>.<raw body>", and t not older than 5 minutes.
function signedBy(secret, request) {
  const parts = request.headers['x-layers-signature'].split(',').map((p) => p.split('='));
  const t = parts.find(([name]) => name === 't')[1];
  const mac = createHmac('sha256', secret).update(`${t}.`).update(request.body).digest();
  assert.ok(Math.abs(Date.now() / 1000 - Number(t)) < 300, 'the time in the signature is current');
  return parts.some(([name, hex]) => name === 'v1' && timingSafeEqual(Buffer.from(hex, 'hex'), mac));
}

const receiver = createServer((request, response) => {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    const body = Buffer.concat(chunks);
    received.push({ headers: request.headers, body, event: JSON.parse(body) });
    response.writeHead(status).end();
  });
});
receiver.listen(0, '127.0.0.1');
await once(receiver, 'listening');

const folder = await mkdtemp(join(tmpdir(), 'receiver-'));
const fixture = join(folder, 'world.yaml');
await writeFile(
  fixture,
  `clock: { start: 2026-05-02T09:00:00Z, mode: frozen }
layers:
  organizations:
    - name: Acme
      keys: [ { name: full, key: ${key}, scopes: ["*"], tier: partner } ]
      projects:
        - id: prj_a
          social_accounts: [ { id: sa_a, platform: tiktok, handle: "caf\u00e9.acme" } ]
          content: [ { id: cnt_a } ]
          scheduled_posts: [ { id: sp_a, content: cnt_a, account: sa_a, at: +1h } ]
      webhooks:
        - { id: ${hook}, url: "http://127.0.0.1:${receiver.address().port}/hook", secret: whsec_first,
            events: [post.published, social_account.needs_reauth] }
`,
);
const mock = spawn(process.argv[2], ['--port', '0', '--fixture', fixture], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
const [ready] = await once(createInterface(mock.stdout), 'line');
const base = JSON.parse(ready).url;

async function call(method, path, body) {
  const response = await fetch(base + path, {
    method,
    headers: { authorization: `Bearer ${key}` },
    body: body && JSON.stringify(body),
  });
  const json = await response.json();
  assert.ok(response.ok, `${method} ${path}: ${response.status} ${JSON.stringify(json)}`);
  return json;
}
const advance = (by) => call('POST', '/__admin/clock/advance', { by });
const deliveries = async () => (await call('GET', `/v1/webhook-endpoints/${hook}/deliveries`)).items;

try {
  // A retry keeps the event id and the bytes; each attempt is signed again.
  status = 500;
  await advance('1h');
  status = 200;
  await advance('30s');
  assert.equal(received.length, 2);
  const [first, second] = received;
  assert.equal(first.event.type, 'post.published');
  assert.equal(first.event.data.scheduledPostId, 'sp_a');
  assert.match(first.headers['x-layers-event-id'], /^evt_[0-9A-HJKMNP-TV-Z]{26}$/);
  assert.equal(first.headers['x-layers-event-id'], first.event.id);
  assert.equal(second.headers['x-layers-event-id'], first.event.id);
  assert.deepEqual(second.body, first.body);
  for (const request of received) {
    assert.ok(signedBy('whsec_first', request));
    assert.ok(!signedBy('whsec_other', request));
  }
  assert.equal((await deliveries())[0].status, 'delivered');

  // A replay is a new event that refers to the original delivery.
  const original = (await deliveries())[0].id;
  const replay = await call('POST', `/v1/webhook-deliveries/${original}/replay`);
  await advance('1ms');
  const repeated = received.at(-1);
  assert.equal(replay.originalDeliveryId, original);
  assert.equal(repeated.event.replayOf, original);
  assert.notEqual(repeated.event.id, first.event.id);
  assert.deepEqual(repeated.event.data, first.event.data);

  // After a rotation both secrets are valid for a day, then only the new one.
  const { signingSecret } = await call('POST', `/v1/webhook-endpoints/${hook}/rotate-secret`);
  await call('POST', '/__admin/simulate/token_lost', { account: 'sa_a', why: 'revoked_upstream' });
  await advance('1ms');
  assert.equal(received.at(-1).event.data.displayName, 'caf\u00e9.acme');
  assert.ok(signedBy(signingSecret, received.at(-1)));
  assert.ok(signedBy('whsec_first', received.at(-1)));
  await advance('24h');
  await call('POST', `/v1/webhook-endpoints/${hook}/test`);
  await advance('1ms');
  assert.equal(received.at(-1).event.type, 'test.ping');
  assert.ok(signedBy(signingSecret, received.at(-1)));
  assert.ok(!signedBy('whsec_first', received.at(-1)));

  // Twenty failures in a row pause the endpoint; resuming resets the failure count.
  status = 503;
  for (let i = 0; i < 20; i++) {
    await call('POST', `/v1/webhook-endpoints/${hook}/test`);
    await advance('1ms');
  }
  let endpoint = await call('GET', `/v1/webhook-endpoints/${hook}`);
  assert.equal(endpoint.status, 'auto_paused');
  assert.equal(endpoint.consecutiveFailureCount, 20);
  const before = received.length;
  await advance('48h');
  assert.equal(received.length, before);
  status = 200;
  endpoint = await call('PATCH', `/v1/webhook-endpoints/${hook}`, { status: 'active' });
  assert.equal(endpoint.consecutiveFailureCount, 0);
  await advance('1ms');
  assert.equal(received.length, before + 20);
  assert.ok((await deliveries()).every((d) => d.status === 'delivered'));

  // If the response of a call is delayed, its event arrives before it.
  await call('POST', '/__admin/rules', { on: 'layers.revoke_social_account', then: [{ delay_after: '500ms' }] });
  await call('PATCH', `/v1/webhook-endpoints/${hook}`, { events: ['social_account.revoked'] });
  const sent = received.length;
  const revoked = call('DELETE', '/v1/social-accounts/sa_a').then(() => received.length);
  assert.equal(await revoked, sent + 1);
  assert.equal(received.at(-1).event.type, 'social_account.revoked');

  mock.kill('SIGTERM');
  assert.deepEqual(await once(mock, 'exit'), [0, null]);
} finally {
  mock.kill('SIGKILL');
  receiver.close();
  await rm(folder, { recursive: true });
}
