// servers.mjs - servers that are no provider, for no_provider.mjs.
//
// A row of `servers` is one kind of server. `respond(socket, request, context)` is called with each request, after its
// body was read: request = { method, path, headers, body }; context = { provider, samples, mock, mount, ... }. `samples`
// are responses of the mock: `list`, a list of accounts; `union`, an object with the members of many responses.
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:net';

// --- responses ---------------------------------------------------------------------------------

const STATUS_TEXT = { 200: 'OK', 201: 'Created', 204: 'No Content', 302: 'Found', 401: 'Unauthorized', 403: 'Forbidden',
  404: 'Not Found', 429: 'Too Many Requests', 500: 'Internal Server Error', 503: 'Service Unavailable' };

function reply(socket, status, body = '', headers = {}) {
  const lines = Object.entries({ Date: new Date().toUTCString(), 'Content-Length': Buffer.byteLength(body), ...headers });
  socket.write(`HTTP/1.1 ${status} ${STATUS_TEXT[status] ?? 'Status'}\r\n` +
    lines.map(([name, value]) => `${name}: ${value}\r\n`).join('') + '\r\n' + body);
}

const replyJson = (socket, status, value, headers) =>
  reply(socket, status, JSON.stringify(value), { 'Content-Type': 'application/json', ...headers });

const json = (status, value) => (socket) => replyJson(socket, status, value);
const html = (status, title) => (socket) => reply(socket, status,
  `<!doctype html><html><head><title>${title}</title></head><body><h1>${title}</h1></body></html>`,
  { 'Content-Type': 'text/html; charset=utf-8' });
const bytes = (text, close) => (socket) => (close ? socket.end(text) : socket.write(text));
const head = (length) => `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n${length}\r\n\r\n`;

// The error of a provider, in its documented form.
const refusals = {
  layers: (code, message) => ({ error: { code, message } }),
  posteverywhere: (code, message) => ({ data: null, error: { code: code.toLowerCase(), message } }),
  postnitro: (code, message) => ({ success: false, message, error: { code, message } }),
};
const refuse = (status, code, headers) => (socket, request, context) =>
  replyJson(socket, status, refusals[context.provider](code, code), headers);

const emptyLists = {
  layers: { items: [], nextCursor: null },
  posteverywhere: { data: { accounts: [] }, error: null },
  postnitro: { success: true, message: 'Social accounts', data: { socialAccounts: { linkedin: [], instagram: [], tiktok: [], threads: [] } } },
};

// --- responses made from the request -----------------------------------------------------------

function echoIds(socket, request) {
  const parts = request.path.split('?')[0].split('/').filter((part) => part && !/^(v1|api|ns)$/.test(part));
  const last = decodeURIComponent(parts.at(-1) ?? '');
  replyJson(socket, 200, { id: last, socialAccountId: last, account_id: last, status: 'connected', ids: parts });
}

// A store for prototypes: POST creates an item, GET lists or reads, DELETE removes.
function genericStore(socket, request, context) {
  context.store ??= new Map();
  const path = request.path.split('?')[0].replace(/\/$/, '');
  const parent = path.slice(0, path.lastIndexOf('/')), id = path.slice(parent.length + 1);
  const list = (of) => context.store.get(of) ?? context.store.set(of, []).get(of);
  const at = list(parent).findIndex((item) => item.id === id);
  if (request.method === 'POST') {
    let sent = {};
    try { sent = JSON.parse(request.body); } catch { /* an item without members */ }
    const item = { id: `item_${list(path).length + 1}`, ...sent };
    list(path).push(item);
    return replyJson(socket, 201, item);
  }
  if (request.method !== 'DELETE')
    return replyJson(socket, 200, at < 0 ? list(path) : list(parent)[at]);
  if (at < 0)
    return replyJson(socket, 404, { error: 'not found' });
  list(parent).splice(at, 1);
  return replyJson(socket, 200, {});
}

const endless = (before) => (socket) => {
  const lines = Buffer.from(`X-More: ${'x'.repeat(1000)}\r\n`.repeat(60));
  const more = () => { while (!socket.destroyed && socket.write(lines)); };
  socket.write(before);
  socket.on('drain', more);
  more();
};

// Sends the request to another server, and the response to the client, with the present time: that of the mock is another.
async function forward(url, socket, request, context) {
  const dropped = ['host', 'connection', 'date', 'content-length', 'transfer-encoding', 'accept-encoding', 'expect'];
  const kept = (from) => Object.fromEntries(Object.entries(from).filter(([name]) => !dropped.includes(name.toLowerCase())));
  try {
    const response = await fetch(url + request.path, { method: request.method, redirect: 'manual',
      headers: { 'x-mock-namespace': context.namespace, ...kept(request.headers) }, body: request.body || undefined });
    reply(socket, response.status, await response.text(), kept(Object.fromEntries(response.headers)));
  } catch {
    socket.destroy();
  }
}

// --- the servers -------------------------------------------------------------------------------

// `says`: what the console says if the server is so from the first call on; URL is its base URL. A server that is so later
// is shown by the responses, and by one sentence about all claims.
const API = '^base_url URL\\S* does not look like the (Layers|PostEverywhere|PostNitro) API: GET URL\\S+ returned ';
const api = (text) => new RegExp(API + text, 'm');
const mute = (text) => new RegExp(`^URL\\S* does not respond: ${text}`, 'm');
// A plausible response is wrong for one of the keys or resources.
const PLAUSIBLE = /^(base_url URL\S* does not look like the \w+ API|key of actor '\w+' .*is not .*|resource '\w+' \(\S+\) is not .*): GET URL\S+ returned 200 application\/json/m;
const LIMITED = /^the rate limit of the target is used up: GET URL\S+ returned 429/m;

export const servers = [
  { name: '404 without a body', respond: (socket) => reply(socket, 404), says: api('404$') },
  { name: '404 with an HTML page', respond: html(404, 'Not Found'), says: api('404 text/html$') },
  { name: "404 with the provider's error", respond: refuse(404, 'NOT_FOUND'), says: api('404 application/json$') },
  { name: '200 {}', respond: json(200, {}), says: api('200 application/json without /\\w+') },
  { name: '200 []', respond: json(200, []), says: api('200 application/json, where / should be \\$type object$') },
  { name: '200 null', respond: json(200, null), says: api('200 application/json, where / should be \\$type object$') },
  { name: '200 with an empty list', respond: (s, request, c) => replyJson(s, 200, emptyLists[c.provider]), says: PLAUSIBLE },
  { name: '200 with a list of accounts', respond: (s, request, c) => replyJson(s, 200, c.samples.list), says: PLAUSIBLE },
  { name: '200 with the members of many responses', respond: (s, request, c) => replyJson(s, 200, c.samples.union), says: PLAUSIBLE },
  { name: '200 with an HTML page', respond: html(200, 'Welcome to nginx!'), says: api('200 text/html, which is not JSON$') },
  { name: '200 with a large HTML page', respond: html(200, 'x'.repeat(80_000)), says: api('200 text/html, which is not JSON$') },
  { name: '204', respond: (socket) => reply(socket, 204), says: api('204, which is not JSON$') },
  { name: '401', respond: refuse(401, 'UNAUTHENTICATED'), says: /^key of actor '\w+'.* was refused: 401/m },
  { name: '403', respond: refuse(403, 'FORBIDDEN_SCOPE'), says: /^key of actor '\w+'.* was refused: 403/m },
  { name: '429 with Retry-After: 1', respond: refuse(429, 'RATE_LIMITED', { 'Retry-After': '1' }), says: LIMITED },
  { name: '429 with Retry-After: 3600', respond: refuse(429, 'RATE_LIMITED', { 'Retry-After': '3600' }), says: LIMITED },
  { name: '500 {}', respond: json(500, {}), says: /^the target is unavailable: GET URL\S+ returned 500 application\/json$/m },
  { name: '503 with an HTML page', respond: html(503, 'Service Unavailable'), says: /^the target is unavailable: GET URL\S+ returned 503 text\/html$/m },

  { name: 'echo of the body', respond: (s, request) => reply(s, 200, request.body || '{}', { 'Content-Type': 'application/json' }),
    says: api('200 application/json without /\\w+') },
  { name: 'echo of the ids in the path', respond: echoIds, says: api('200 application/json without /\\w+') },
  { name: 'a store of all that is sent', respond: genericStore, says: api('200 application/json, where / should be \\$type object$') },
  { name: 'a redirect to itself', respond: (socket, request) => reply(socket, 302, '', { Location: request.path }), says: api('302 with Location /') },

  { name: 'JSON cut in the middle', says: api('200 application/json, which is not JSON$'), respond: (s, request, c) => {
    const whole = JSON.stringify(c.samples.list);
    reply(s, 200, whole.slice(0, whole.length / 2), { 'Content-Type': 'application/json' });
  } },
  { name: 'a Content-Length above the size', respond: bytes(`${head('Content-Length: 5000')}{}`, true), says: mute('transfer closed with 4998 bytes remaining') },
  { name: 'a Content-Length below the size', respond: bytes(`${head('Content-Length: 1')}{"items":[]}`, true), says: api('200 application/json, which is not JSON$') },
  { name: 'a body that is not gzip, as gzip', says: mute('the body cannot be decoded: its Content-Encoding is'), respond: (s) =>
    reply(s, 200, 'this is not gzip', { 'Content-Type': 'application/json', 'Content-Encoding': 'gzip' }) },

  { name: 'no response', respond: () => {}, says: mute('Operation timed out after') },
  { name: 'a body that never ends', respond: bytes(`${head('Content-Length: 5000')}{"items": [`, false), says: mute('Operation timed out after') },
  { name: 'a connection closed at once', connect: (socket) => socket.destroy(), respond: (socket) => socket.destroy(), says: mute('') },
  { name: 'a connection closed after the request', respond: bytes('', true), says: mute('Empty reply from server') },
  { name: 'a connection closed after the head', respond: bytes(head('Transfer-Encoding: chunked'), true), says: mute('transfer closed with outstanding read data') },
  { name: 'headers that never end', respond: endless('HTTP/1.1 200 OK\r\n'), says: mute('the headers and trailers of the response are larger than 65536 bytes') },
  { name: 'trailers that never end', respond: endless(`${head('Transfer-Encoding: chunked')}2\r\n{}\r\n0\r\n`),
    says: mute('the headers and trailers of the response are larger than 65536 bytes') },
  { name: 'random bytes', respond: (socket) => socket.end(randomBytes(4096)), says: mute('Received HTTP/0.9 when not allowed') },
  { name: 'TLS on a plain port', respond: bytes(Buffer.from([0x15, 3, 1, 0, 2, 2, 0x46]), true), says: mute('Received HTTP/0.9 when not allowed') },

  { name: 'the mock of another provider', respond: (s, request, c) => forward(c.mock + c.another, s, request, c), says: api('404 application/json$') },
  { name: 'the provider at another base path', respond: (s, request, c) => forward(`${c.mock}${c.mount}/elsewhere`, s, request, c), says: api('404 application/json$') },
];

// --- serving -----------------------------------------------------------------------------------

// Calls `handle` with each request of the connection.
function readRequests(socket, handle) {
  let input = Buffer.alloc(0);
  socket.on('data', (part) => {
    input = Buffer.concat([input, part]);
    for (let end; (end = input.indexOf('\r\n\r\n')) >= 0;) {
      const [first, ...lines] = input.subarray(0, end).toString('latin1').split('\r\n');
      const headers = Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]));
      const length = Number(headers['content-length'] ?? 0);
      if (input.length < end + 4 + length)
        return;
      const [method, path] = first.split(' ');
      const body = input.subarray(end + 4, end + 4 + length).toString();
      input = input.subarray(end + 4 + length);
      handle({ method, path, headers, body });
    }
  });
}

// Starts a server. If it is `late`, it is the provider (requests go to the mock) for the preflight, which has connections of
// its own: until all connections since the first request are closed.
export async function start(server, context, late) {
  const sockets = new Set(), providers = new Set();
  let calls = 0, preflight = late;
  const is_provider = async (socket) => {
    await new Promise((resolve) => setTimeout(resolve, 1)); // until the end of earlier connections is known
    preflight &&= calls === 1 || providers.size > 0;
    if (preflight)
      providers.add(socket);
    return preflight;
  };
  const listener = createServer((socket) => {
    const drop = () => { sockets.delete(socket); providers.delete(socket); };
    sockets.add(socket);
    socket.on('error', () => {}).on('end', drop).on('close', drop);
    if (server.connect && !late)
      return server.connect(socket);
    readRequests(socket, async (request) => {
      calls++;
      if (late && await is_provider(socket))
        return forward(request.path.startsWith('/ns/') ? context.mock : context.mock + context.mount, socket, request, context);
      server.respond(socket, request, context);
    });
  });
  await new Promise((resolve) => listener.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${listener.address().port}`,
    calls: () => calls,
    close: () => { listener.close(); for (const socket of sockets) socket.destroy(); },
  };
}
