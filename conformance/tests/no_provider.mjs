// no_provider.mjs - runs a provider's scenarios against servers that are no provider (no_provider/servers.mjs).
//
//   node no_provider.mjs BIN SOURCE PROVIDER [PATTERN]       PATTERN: only the runs whose names contain it
//
// On such a server no claim holds, not even in one scenario, and the exit status is not 0. The console says what is wrong,
// long waits are reported, and the reports are well-formed.
//
// Each server is tested as a real endpoint, and with an admin API (that of a mock); each of these from the first call on, so
// that the preflight must reject it, and only after the preflight, so that the claims must not hold.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { servers, start } from './no_provider/servers.mjs';

const [bin, source, provider, pattern = ''] = process.argv.slice(2);
const suite = join(source, 'scenarios', provider);
const tmp = mkdtempSync(join(tmpdir(), 'no-provider-'));
const SILENCE_MAX_MS = 30_000, TOTAL_MAX_MS = 120_000, TIMEOUT_MS = 1000;

const facts = {
  layers: {
    mount: '/layers', another: '/posteverywhere/api/v1', key: { Authorization: 'Bearer lp_live_01HX9Y6K7EJ4T2_full' },
    list: '/v1/projects/prj_acme_a/social-accounts',
    others: ['/v1/whoami', '/v1/projects/prj_acme_a', '/v1/projects/prj_acme_a/scheduled-posts', '/v1/projects/prj_acme_a/ads/ad-accounts',
      '/v1/projects/prj_acme_a/leased-accounts', '/v1/social-accounts/sa_acme_tiktok/health', '/v1/scheduled-posts/sp_queued',
      '/v1/audit-log', '/v1/webhook-endpoints'],
    more: { authorizeUrl: 'http://127.0.0.1:9/authorize?state=st_1', state: 'st_1', expiresAt: new Date(Date.now() + 6e5).toISOString(),
      status: 'completed', socialAccountId: 'sa_acme_tiktok', requestId: 'lr_1', canceledScheduledPosts: 0 },
  },
  posteverywhere: {
    mount: '/posteverywhere/api/v1', another: '/postnitro', key: { Authorization: 'Bearer pe_live_0c5e8d9a0c5e8d9a0c5e8d9a0c5e8d9a' },
    list: '/accounts', others: ['/accounts/3001', '/accounts/3001/health', '/posts', '/posts/7b0c2f58-1d1e-4a52-8f0b-000000000001'], more: {},
  },
  postnitro: {
    mount: '/postnitro', another: '/layers', key: { 'embed-api-key': 'pn-acme00000000000000000001' },
    list: '/social-account', others: ['/social-account/cacme0000000000000linkedin', '/schedule/cacmepost0000000000shared'], more: {},
  },
}[provider];

// --- the mock ----------------------------------------------------------------------------------

async function startMock() {
  const mock = spawn(join(bin, 'mockserver'), ['--fixture', join(source, 'fixtures', `${provider}-acme.yaml`), '--port', '0'],
    { stdio: ['ignore', 'pipe', 'ignore'] });
  const [line] = await once(createInterface(mock.stdout), 'line');
  return { url: JSON.parse(line).url, stop: () => mock.kill() };
}

function merge(into, from) {
  for (const [key, value] of Object.entries(from))
    into[key] = value?.constructor === Object ? merge(into[key]?.constructor === Object ? into[key] : {}, value) : value;
  return into;
}

async function readSamples(mock) {
  const get = async (path) => {
    const response = await fetch(mock + facts.mount + path, { headers: facts.key });
    assert.equal(response.status, 200, path);
    return response.json();
  };
  const union = {}, list = await get(facts.list);
  for (const path of facts.others)
    merge(union, await get(path));
  return { list, union: merge(merge(union, list), facts.more) };
}

// --- the targets -------------------------------------------------------------------------------

// The target of the mock, without a base URL: as it is, or as a real endpoint with all keys in the environment.
function writeTarget(admin) {
  const env = {};
  let text = readFileSync(join(suite, 'targets/mock.yaml'), 'utf8').replace(/^(fixture|admin_url):.*\n/gm, '');
  if (!admin)
    text = text.replace(/^(mock|mount|now):.*\n/gm, '')
      .replace(/^ +leased_to_\w+:.*\n/gm, '') // they are all one account, which needs a namespace for each scenario
      .replace(/^consent: admin/m, `consent: browser\nconsent_command: '${join(source, 'conformance/tests/consent.sh')}'`)
      .replace(/^( +)(\w+): \{ key: ("?)([^ ,}"]+)\3/gm, (line, indent, name, quote, key) => {
        env[`NO_PROVIDER_${name.toUpperCase()}`] = key;
        return `${indent}${name}: { env: NO_PROVIDER_${name.toUpperCase()}`;
      });
  const path = join(tmp, admin ? 'admin.yaml' : 'real.yaml');
  writeFileSync(path, text);
  return { path, env, admin };
}

// --- one run -----------------------------------------------------------------------------------

const FORMATS = ['json', 'junit', 'ndjson'];

function conformance(cell, base_url, mock) {
  const report = (format) => join(tmp, `${cell.number}.${format}`);
  const args = ['run', suite, '--target', cell.target.path, '--url', base_url, '--allow-writes', '--allow-costly', '--no-color',
    '--report', FORMATS.map((format) => `${format}=${report(format)}`).join(',')];
  if (!cell.patient)
    args.push('--timeout', `${TIMEOUT_MS}ms`, '--jobs', '64');
  if (cell.target.admin)
    args.push('--admin-url', mock);
  const child = spawn(join(bin, 'conformance'), args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...cell.target.env } });
  const began = Date.now();
  let output = '', heard = began, silence = 0;
  const hear = () => { silence = Math.max(silence, Date.now() - heard); heard = Date.now(); };
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (part) => { hear(); output += part; });
  return new Promise((resolve) => child.on('close', (status, signal) => {
    hear();
    resolve({ status: signal ?? status, output, silence, took: Date.now() - began, report });
  }));
}

// --- judging -----------------------------------------------------------------------------------

// The claims that one scenario alone would let hold.
function heldIn(scenario) {
  const verdicts = new Map();
  for (const check of scenario.checks)
    for (const claim of check.claims)
      verdicts.set(claim, (verdicts.get(claim) ?? new Set()).add(check.verdict));
  const stops = ['fail', 'warn', 'blocked', 'error'];
  return [...verdicts].filter(([, seen]) => seen.has('pass') && !stops.some((verdict) => seen.has(verdict))).map(([claim]) => claim);
}

// The hint of the console, or why all checks are undecided.
const LATE = /none of \d+ claims holds: the target does not\s+behave like the provider; check its base\s+URL, keys and resources/;

// The preflight finds none of its calls in the journal of the mock whose admin API it asks.
const ELSEWHERE = /^admin_url \S+ and base_url \S+ lead to different servers: GET \S+ returned \d+/m;

function problemsOf(cell, base_url, run) {
  const problems = [];
  const expect = (ok, text) => { if (!ok) problems.push(text); };
  const says = cell.late ? LATE : cell.server.says;
  expect([1, 3, 4, 5].includes(run.status), `it ended with ${run.status}`);
  expect(cell.late || run.status === 3, `the preflight let it pass: it ended with ${run.status}, not 3`);
  expect(run.silence <= SILENCE_MAX_MS, `it was silent for ${run.silence} ms`);
  expect(run.took <= TOTAL_MAX_MS, `it took ${run.took} ms`);
  expect(!/Sanitizer|Assertion|runtime error/.test(run.output), 'it crashed');
  expect(says.test(run.output.replaceAll(base_url, 'URL')) || (cell.target.admin && ELSEWHERE.test(run.output)),
    `the console does not say what is wrong: ${says}`);
  try {
    const report = JSON.parse(readFileSync(run.report('json'), 'utf8'));
    const holds = report.claims.filter((claim) => claim.outcome === 'holds').map((claim) => claim.id);
    expect(!holds.length, `claims hold: ${holds.join(' ')}`);
    for (const scenario of report.scenarios)
      expect(!heldIn(scenario).length, `${scenario.file} alone lets claims hold: ${heldIn(scenario).join(' ')}`);
    expect(report.exit.code === run.status, `the JSON report has exit code ${report.exit.code}, not ${run.status}`);
    const events = readFileSync(run.report('ndjson'), 'utf8').trimEnd().split('\n').map((line) => JSON.parse(line));
    expect(events.at(-1).event === 'run_ended', 'the event stream has no end');
  } catch (error) {
    problems.push(`a report is missing or malformed: ${error.message}`);
  }
  return problems;
}

async function judge(cell, mock, samples) {
  const context = { provider, samples, mock, ...facts, namespace: `no-provider-${cell.number}` };
  const server = await start(cell.server, context, cell.late);
  const run = await conformance(cell, server.url, mock);
  server.close();
  const problems = problemsOf(cell, server.url, run);
  if (problems.length || process.env.NO_PROVIDER_VERBOSE)
    console.log(`${cell.name}: status ${run.status}, ${server.calls()} calls, ${run.took} ms\n  ${problems.join('\n  ')}\n${run.output.replace(/^/gm, '    | ')}`);
  return problems.length;
}

async function main() {
  const mock = await startMock();
  const samples = await readSamples(mock.url);
  const cells = [];
  for (const target of [writeTarget(false), writeTarget(true)])
    for (const late of [false, true])
      for (const server of servers)
        cells.push({ server, target, late, name: `${server.name}, ${target.admin ? 'with' : 'without'} an admin API, ${late ? 'after' : 'during'} the preflight` });
  const silent = servers.find((server) => server.name === 'no response');
  if (provider === 'postnitro') // with the default of 10 s for a response, and of one scenario at a time
    cells.unshift({ server: silent, target: cells[0].target, late: true, patient: true, name: 'no response, default time-out, after the preflight' });
  const chosen = cells.filter((cell) => cell.name.includes(pattern)).map((cell, number) => ({ ...cell, number }));
  let next = 0, wrong = 0;
  const work = async () => {
    while (next < chosen.length)
      if (await judge(chosen[next++], mock.url, samples) > 0)
        wrong++;
  };
  try {
    await Promise.all(Array.from({ length: availableParallelism() + 1 }, work));
    const xml = chosen.map((cell) => join(tmp, `${cell.number}.junit`)).filter(existsSync);
    if (existsSync('/usr/bin/xmllint') && xml.length)
      execFileSync('/usr/bin/xmllint', ['--noout', ...xml], { stdio: 'inherit' });
  } finally {
    mock.stop();
    rmSync(tmp, { recursive: true });
  }
  console.log(`${chosen.length} runs against ${servers.length} servers that are no provider, ${wrong} wrong`);
  assert.ok(chosen.length > 0, 'no run was selected');
  assert.equal(wrong, 0);
}

await main();
