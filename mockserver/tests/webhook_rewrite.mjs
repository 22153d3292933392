// webhook_rewrite.mjs - tests that rewritten webhook bodies are the same JSON, signed over the bytes that are
// sent, and never what JavaScript or Python gets that parses the body and writes it again: for 1000 seeds, by the
// delivery fault and in a hostile namespace, of both providers.
//
//   node webhook_rewrite.mjs <mockserver> [number of seeds, default 1000]
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, createServer, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const [program, count = '1000'] = process.argv.slice(2);
const secret = 'whsec_0123456789abcdef0123456789abcdef';
const hooks = { layers: '11111111-1111-4111-8111-111111111111', posteverywhere: '22222222-2222-4222-8222-222222222222' };
const data = { url: 'https://cdn.example/a/b', name: 'caf\u00e9 \u{1f389} <b>', share: 0.25, count: 9007199254740991, list: [{}, [], 'x'] };
const received = [];
let status = 200;

const receiver = createServer(async (req, res) => {
  received.push({ headers: req.headers, raw: req.rawHeaders, body: Buffer.concat(await req.toArray()) });
  res.writeHead(status).end();
});
receiver.listen(0, '127.0.0.1');
await once(receiver, 'listening');
const url = `http://127.0.0.1:${receiver.address().port}/hook`;

const folder = mkdtempSync(join(tmpdir(), 'rewrite-'));
const fixture = (hostile) => {
  const path = join(folder, hostile ? 'hostile.yaml' : 'plain.yaml');
  writeFileSync(path, JSON.stringify({
    name: hostile ? 'hostile' : 'plain',
    clock: { start: '2026-05-02T09:00:00Z', mode: 'frozen' },
    hostile: hostile ? { webhooks: true } : false,
    layers: { organizations: [{ name: 'A', keys: [{ name: 'full', key: 'lp_live_01HX9Y6K7EJ4T2_full', scopes: ['*'] }],
      webhooks: [{ id: hooks.layers, url, secret, events: ['post.published'] }] }] },
    posteverywhere: { organizations: [{ name: 'B', webhooks: [{ id: hooks.posteverywhere, url, secret, events: ['post.published'] }] }] },
  }));
  return path;
};
const mock = spawn(program, ['--port', '0', '--log', 'error', '--namespaces', '5000', '--fixture', fixture(false), '--fixture', fixture(true)],
  { stdio: ['ignore', 'pipe', 'inherit'] });
const [ready] = await once(createInterface(mock.stdout), 'line');
const base = new URL(JSON.parse(ready).url);
const agent = new Agent({ keepAlive: true, maxSockets: 16 });

function call(method, path, body) {
  return new Promise((resolve, reject) => {
    const sent = request({ host: base.hostname, port: base.port, agent, method, path }, async (response) => {
      const text = Buffer.concat(await response.toArray()).toString();
      if (response.statusCode >= 300) reject(new Error(`${method} ${path}: ${response.statusCode} ${text}`));
      else resolve(text ? JSON.parse(text) : null);
    });
    sent.on('error', reject);
    sent.end(body && JSON.stringify(body));
  });
}

const hmac = (...parts) => parts.reduce((mac, part) => mac.update(part), createHmac('sha256', secret)).digest('hex');
function isSigned({ headers, body }) {
  const layers = headers['x-layers-signature'];
  if (!layers) return headers['x-posteverywhere-signature'] === `sha256=${hmac(body)}`;
  const [t, v1] = layers.split(',').map((part) => part.slice(part.indexOf('=') + 1));
  return v1 === hmac(`${t}.`, body);
}

// True if the value has all that the other one has.
function contains(value, other) {
  if (other === null || typeof other !== 'object') return value === other;
  if (Array.isArray(other)) return other.length === value.length && other.every((item, i) => contains(value[i], item));
  return Object.keys(other).every((key) => contains(value[key], other[key]));
}

function check(one, what) {
  const text = one.body.toString();
  const json = JSON.parse(text);
  assert.ok(contains(json.data, data), `${what}: ${text}`);
  assert.ok(isSigned(one), `${what}: the signature is not over the bytes: ${text}`);
  for (const indent of [undefined, 1, 2, 3, 4, '\t']) assert.notEqual(JSON.stringify(json, null, indent), text, what);
}

// Every body differs from json.dumps of what json.loads returns, and has the same content.
function checkWithPython(bodies) {
  const script = `
import base64, json, sys
for line in sys.stdin:
    text = base64.b64decode(line).decode()
    value = json.loads(text)
    for options in [{}, {"ensure_ascii": False}, {"separators": (",", ":")}, {"separators": (",", ":"), "ensure_ascii": False},
                    {"indent": 2}, {"indent": 4}, {"sort_keys": True}]:
        assert json.dumps(value, **options) != text, (options, text)
`;
  const lines = bodies.map((body) => `${body.toString('base64')}\n`).join('');
  const python = spawnSync('python3', ['-c', script], { input: lines, encoding: 'utf8' });
  if (python.error) return console.log(`not checked with Python: ${python.error.message}`);
  assert.equal(python.status, 0, python.stderr);
}

async function deliver(ns, hook) {
  const body = { event: 'post.published', webhook: hook, data };
  await call('POST', `/ns/${ns}/__admin/simulate/webhook`, body);
  await call('POST', `/ns/${ns}/__admin/clock/advance`, { by: '1ms' });
}

try {
  // Without the fault the bodies are what JavaScript writes.
  await call('POST', '/__admin/namespaces', { name: 'plain', fixture: 'plain' });
  for (const hook of Object.values(hooks)) await deliver('plain', hook);
  for (const one of received) assert.equal(JSON.stringify(JSON.parse(one.body)), one.body.toString());
  received.length = 0;

  for (let seed = 1; seed <= Number(count); seed++) {
    const kind = seed % 2 ? 'hostile' : 'plain';
    const hook = seed % 4 < 2 ? hooks.layers : hooks.posteverywhere;
    await call('POST', '/__admin/namespaces', { name: `s${seed}`, fixture: kind, seed });
    if (kind === 'plain')
      await call('POST', `/ns/s${seed}/__admin/rules`, { event: '*', then: [{ webhook: { rewrite: true } }] });
    await deliver(`s${seed}`, hook);
    await call('DELETE', `/__admin/namespaces/s${seed}`);
    assert.equal(received.length, seed);
    check(received.at(-1), `seed ${seed}`);
  }
  const distinct = new Set(received.map((one) => one.body.toString().replace(/evt_\w+/, '')));
  assert.ok(distinct.size > Number(count) / 2, 'the seeds give different bytes');
  checkWithPython(received.map((one) => one.body));
  received.length = 0;

  // All attempts of a delivery have the same body, each with a valid signature.
  for (const kind of ['hostile', 'plain'])
    for (const hook of Object.values(hooks)) {
      const ns = `retry-${kind}-${hook[0]}`;
      await call('POST', '/__admin/namespaces', { name: ns, fixture: kind });
      if (kind === 'plain') await call('POST', `/ns/${ns}/__admin/simulate/webhook`, { event: 'post.published', action: 'rewrite' });
      status = 500;
      await deliver(ns, hook);
      status = 200;
      await call('POST', `/ns/${ns}/__admin/clock/advance`, { by: '30s' });
      const [first, second, more] = received;
      assert.ok(second && !more);
      assert.deepEqual(second.body, first.body);
      check(first, ns);
      check(second, ns);
      const { items: [record] } = await call('GET', `/ns/${ns}/__admin/state/deliveries`);
      assert.equal(record.state, 'delivered');
      assert.match(record.varied, /white space between tokens, escaped characters/);
      assert.equal(/headers/.test(record.varied), kind === 'hostile');
      received.length = 0;
    }
  // The name of the namespace does not matter.
  const varied = [];
  for (const name of ['twin', 'other']) {
    await call('POST', '/__admin/namespaces', { name, fixture: 'hostile' });
    await deliver(name, hooks.layers);
    varied.push((await call('GET', `/ns/${name}/__admin/state/deliveries`)).items[0].varied);
  }
  assert.equal(varied[0], varied[1]);

  mock.kill('SIGTERM');
  assert.deepEqual(await once(mock, 'exit'), [0, null]);
  console.log(`${count} seeds: ${distinct.size} different bodies`);
} finally {
  mock.kill('SIGKILL');
  agent.destroy();
  receiver.close();
  rmSync(folder, { recursive: true });
}
