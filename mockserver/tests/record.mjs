// record.mjs - records a run of the mockserver binary with real clients, a real webhook receiver and
// real time, and replays it. Also tests incomplete recordings and write errors.
//
//   node record.mjs <mockserver>
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const program = process.argv[2];
const key = 'lp_live_01HX9Y6K7EJ4T2_full';
const folder = await mkdtemp(join(tmpdir(), 'record-'));
const fixture = join(folder, 'fixture.yaml');

let received = 0;
const receiver = createServer((request, response) => {
  request.resume().on('end', () => response.writeHead(received++ % 3 ? 200 : 500).end());
});
receiver.listen(0, '127.0.0.1');
await once(receiver, 'listening');

const fixtureText = (project) => `clock: { start: 2026-05-02T09:00:00Z }
layers:
  organizations:
    - name: Acme
      keys: [ { name: full, key: ${key}, scopes: ["*"], tier: partner } ]
      projects:
        - id: prj_a
          name: ${project}
          social_accounts: [ { id: sa_a, platform: tiktok, handle: acme }, { id: sa_b, platform: instagram, handle: acme } ]
          content: [ { id: cnt_a } ]
          scheduled_posts: [ { id: sp_a, content: cnt_a, account: sa_a, at: +1h }, { id: sp_b, content: cnt_a, account: sa_b, at: +2h } ]
      webhooks:
        - { url: "http://127.0.0.1:${receiver.address().port}/hook", secret: whsec_a, events: [post.published, social_account.needs_reauth] }
`;
await writeFile(fixture, fixtureText('Before'));

async function start(...words) {
  const mock = spawn(program, ['record', '--port', '0', '--log', 'error', ...words], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stderr = '';
  mock.stderr.on('data', (text) => (stderr += text));
  const [ready] = await once(createInterface(mock.stdout), 'line');
  return { mock, url: JSON.parse(ready).url, stderr: () => stderr };
}

async function end({ mock, stderr }, signal = 'SIGINT') {
  mock.kill(signal);
  const [status] = await once(mock, 'exit');
  return { status, stderr: stderr() };
}

async function call(url, method, path, body) {
  const response = await fetch(url + path, {
    method,
    headers: { authorization: `Bearer ${key}` },
    body: typeof body === 'string' || body instanceof Uint8Array ? body : body && JSON.stringify(body),
  });
  return { status: response.status, text: await response.text() };
}

function replay(file, ...flags) {
  const run = spawnSync(program, ['replay', '--json', ...flags, file], { encoding: 'utf8' });
  return { status: run.status, result: run.stdout && JSON.parse(run.stdout), stderr: run.stderr };
}

// Sends a request and closes the connection before the response.
async function abandon(url, path, body) {
  const sent = request(url + path, { method: 'POST' });
  sent.on('error', () => {}).end(JSON.stringify(body));
  await call(url, 'GET', '/__admin/health'); // then the mock has received the request
  sent.destroy();
}

async function raw(url, bytes) {
  const socket = connect(new URL(url).port, '127.0.0.1');
  socket.end(bytes);
  await once(socket.resume(), 'close');
}

async function drive(url) {
  const admin = (method, path, body) => call(url, method, `/__admin${path}`, body);
  await admin('POST', '/rules', {
    name: 'slow', method: 'GET', when: { probability: 0.3 },
    then: [{ delay_before: { lognormal: { median: '8ms', sigma: 0.5 } } }, { delay_after: '3ms' }],
  });
  await admin('POST', '/rules', { name: 'cut', on: 'layers.whoami', when: { every: 4 }, then: [{ close_connection: 'mid_body' }] });
  const waiting = admin('POST', '/requests/wait', { at_least: 40, timeout: '10s' });
  const stream = await fetch(`${url}/__admin/events`);
  await abandon(url, '/__admin/requests/wait', { count: 100000, timeout: '60s' });

  const one = async (client) => {
    for (let i = 0; i < 12; i++) {
      const ns = client % 2 ? `/ns/client-${client}` : '';
      await call(url, 'GET', `${ns}/v1/projects/prj_a/social-accounts?limit=${1 + (i % 3)}`);
      await call(url, 'GET', `${ns}/v1/whoami`).catch(() => {}); // the rule `cut` may close the connection
      if (i === 5) await call(url, 'DELETE', `${ns}/v1/social-accounts/sa_b`);
      if (i === 8) await call(url, 'POST', `${ns}/__admin/clock/advance`, { by: `${client}h` });
      if (i === 9) await call(url, 'POST', '/v1/content/cnt_a/schedule', new Uint8Array([0xff, 0, 1, client]));
    }
  };
  await Promise.all(Array.from({ length: 8 }, (_, client) => one(client)));
  assert.equal((await waiting).status, 200);

  await admin('POST', '/simulate/token_lost', { account: 'sa_a', why: 'expired' });
  await raw(url, 'GET /v1/whoami HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n');
  await stream.body.cancel();

  await writeFile(fixture, fixtureText('Behind'));
  const reloaded = JSON.parse((await admin('POST', '/reload', {})).text);
  assert.ok(reloaded, 'the fixtures were reloaded');
  await writeFile(fixture, 'layers: [');
  assert.notEqual((await admin('POST', '/reload', {})).status, 200);
  await writeFile(fixture, fixtureText('Behind'));
  await admin('POST', '/reset');
  assert.match((await call(url, 'GET', '/v1/projects/prj_a')).text, /Behind/);
  for (const path of ['/requests?limit=1000', '/namespaces', '/state', '/health', '/rules'])
    await admin('GET', path);
}

try {
  // The replay equals the run.
  const file = join(folder, 'run.ndjson');
  const run = await start('--to', file, '--fixture', fixture);
  await drive(run.url);
  assert.deepEqual(await end(run), { status: 0, stderr: run.stderr() });
  assert.equal((await stat(file)).mode & 0o777, 0o600, 'only the owner can read the recording');
  assert.ok(received > 0, 'webhooks were sent');
  const sent = received;

  const again = replay(file);
  assert.equal(again.status, 0, again.stderr);
  assert.ok(again.result.same && again.result.whole);
  assert.ok(again.result.calls > 200 && again.result.responses === again.result.calls);
  assert.ok(again.result.timers > 0 && again.result.deliveries >= sent);
  assert.equal(received, sent, 'a replay sends nothing');

  // A changed byte is found.
  const lines = (await readFile(file, 'utf8')).split('\n');
  const at = lines.findLastIndex((line) => line.startsWith('{"response":') && line.includes('sa_a'));
  const other = join(folder, 'other.ndjson');
  await writeFile(other, lines.map((line, i) => (i === at ? line.replace('sa_a', 'sa_x') : line)).join('\n'));
  const differs = replay(other);
  assert.equal(differs.status, 1);
  assert.equal(differs.result.differences[0].line, at + 1);
  assert.equal(differs.result.differences[0].number, JSON.parse(lines[at]).response);
  assert.match(differs.stderr, /replayed {2}.*sa_a/);

  // The recording of a killed mock is replayed up to its end.
  const half = join(folder, 'half.ndjson');
  const killed = await start('--to', half);
  await call(killed.url, 'GET', '/__admin/state');
  await end(killed, 'SIGKILL');
  const partly = replay(half);
  assert.equal(partly.status, 0);
  assert.deepEqual([partly.result.whole, partly.result.responses], [false, 1]);
  assert.match(partly.stderr, /is incomplete; replayed up to line 3/);

  // A pipe cannot be replayed, because the recording is read twice.
  const piped = spawnSync('sh', ['-c', 'cat "$0" | "$1" replay /dev/stdin', half, program], { encoding: 'utf8' });
  assert.equal(piped.status, 2);
  assert.match(piped.stderr, /Is a pipe; expected a regular file/);

  // A recording without responses proves nothing.
  const empty = join(folder, 'empty.ndjson');
  await end(await start('--to', empty));
  assert.equal(replay(empty).status, 4);

  // A write error is logged once, and the mock continues.
  const pipe = join(folder, 'pipe');
  assert.equal(spawnSync('mkfifo', [pipe]).status, 0);
  const left = once(spawn('sed', ['-n', '2q', pipe], { stdio: 'ignore' }), 'exit'); // reads two lines
  const report = join(folder, 'report.xml');
  const cut = await start('--to', pipe, '--client-report', report);
  await call(cut.url, 'GET', '/__admin/health');
  await left;
  for (let i = 0; i < 3; i++) assert.equal((await call(cut.url, 'GET', '/__admin/health')).status, 200);
  const over = await end(cut);
  assert.equal(over.status, 2);
  assert.equal(over.stderr.match(/recording stopped, the mock continues/g).length, 1);
  assert.match(over.stderr, /the recording is incomplete: Broken pipe/);
  assert.match(await readFile(report, 'utf8'), /<testsuites/); // the report is not affected

  // A file that cannot be written at the start is an error.
  for (const path of ['/dev/full', join(folder, 'none', 'run')]) {
    const refused = spawnSync(program, ['record', '--port', '0', '--to', path], { encoding: 'utf8' });
    assert.equal(refused.status, 2);
    assert.match(refused.stderr, new RegExp(`${path}: (No space|No such)`));
    assert.doesNotMatch(refused.stderr, /the mock continues/);
    assert.equal(refused.stdout, '');
  }
} finally {
  receiver.closeAllConnections();
  receiver.close();
  await rm(folder, { recursive: true });
}
