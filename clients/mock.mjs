// mock.mjs - a mock for the test of the official clients: its namespaces, and what each has served.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';

export const key = 'pe_live_0c5e8d9a0c5e8d9a0c5e8d9a0c5e8d9a';

// The path of a target below the base URL, without its query, with {} for each id.
const general = (target) =>
  target
    .replace(/^\/ns\/[^/]+\/posteverywhere\/api\/v1/, '')
    .replace(/\?.*/, '')
    .replace(/\/(?:[0-9a-f]{8}-[0-9a-f-]{27}|\d+|[A-Za-z0-9_-]{26,})(?=\/|$)/g, '/{}');

export class Namespace {
  constructor(url, name) {
    this.url = url;
    this.name = name;
    this.origin = `${url}/ns/${name}/posteverywhere`;
    this.since = '0';
  }

  async admin(method, path, body) {
    const headers = { 'X-Mock-Namespace': this.name, 'Content-Type': 'application/json' };
    const response = await fetch(`${this.url}/__admin${path}`, { method, headers, body: body && JSON.stringify(body) });
    const text = await response.text();
    assert.equal(response.status >= 200 && response.status < 300, true, `${method} ${path}: ${text}`);
    return text ? JSON.parse(text) : null;
  }

  async call(method, path, body) {
    const headers = { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' };
    const response = await fetch(`${this.origin}/api/v1${path}`, { method, headers, body: body && JSON.stringify(body) });
    return (await response.json()).data;
  }

  // The calls since the last time: {text: "POST /posts/{}/retry 200", data: what the response has}.
  async seen() {
    const { items, next } = await this.admin('GET', `/requests?limit=1000&since=${this.since}`);
    this.since = next;
    return items.map(({ request, response }) => ({
      text: `${request.method} ${general(request.target)} ${response.status}`,
      data: response.json?.data,
    }));
  }
}

// Compares with what the journal shows: of a secret it shows the beginning, then "...".
export function isShown(value, shown) {
  if (typeof value === 'string' && typeof shown === 'string' && /^[a-z_]+_\.\.\./.test(shown))
    return value.startsWith(shown.slice(0, shown.indexOf('...')));
  if (value === null || shown === null || typeof value !== 'object' || typeof shown !== 'object') return Object.is(value, shown);
  const names = Object.keys(value);
  return (
    Array.isArray(value) === Array.isArray(shown) &&
    names.length === Object.keys(shown).length &&
    names.every((name) => Object.hasOwn(shown, name) && isShown(value[name], shown[name]))
  );
}

export async function startMock(program, fixture) {
  const child = spawn(program, ['--port', '0', '--log', 'error', '--fixture', fixture], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = await once(createInterface(child.stdout), 'line');
  const { url } = JSON.parse(line);
  const namespace = async (name) => {
    const space = new Namespace(url, name);
    await space.call('GET', '/me'); // creates it
    await space.seen();
    return space;
  };
  return { url, stop: () => child.kill(), namespace };
}

// A receiver of webhooks that accepts everything.
export async function startReceiver() {
  const server = createServer((request, response) => request.resume().on('end', () => response.end('ok')));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${server.address().port}/hook`, stop: () => server.close() };
}

// One line for the calls of a method: the same call several times in a row is counted.
export function callsOf(seen) {
  const rows = [];
  for (const { text } of seen) {
    const last = rows.at(-1);
    if (last?.text === text) last.count++;
    else rows.push({ text, count: 1 });
  }
  return rows.map(({ text, count }) => (count > 1 ? `${text} (${count} times)` : text)).join(', ') || 'none';
}
