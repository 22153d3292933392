// abuse.mjs - what other clients feel while one kind of client misbehaves, and how much memory the mock then takes.
//
//   node abuse.mjs MOCKSERVER [NAME...]
//
// For each kind of abuse: starts a mock, lets it be abused for a few seconds, and meanwhile calls it from another
// process, every 5 ms, on a new connection each second time. Prints a line with the latencies of these calls, the
// growth of the mock's resident memory, and the limits. The limit of the 99th percentile is 20 ms above that of the row
// `nothing`, which is what the machine itself does. The status is 1 if a limit is exceeded. All sockets are on loopback,
// and every load ends by itself.
import { fork, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const SECONDS = Number(process.env.SECONDS_EACH ?? 4);
const KEY = 'lp_live_01HX9Y6K7EJ4T2_full';
const sleep = ms => new Promise(done => setTimeout(done, ms));

// --- the other client: a process of its own, so that the load of the abuse is not measured --------------------------

function call(port, path, { method = 'GET', body, agent, timeout = 60000 } = {}) {
    return new Promise((done, failed) => {
        const headers = { Authorization: `Bearer ${KEY}` };
        if (body) headers['Content-Length'] = Buffer.byteLength(body);
        const request = http.request({ port, host: '127.0.0.1', path, method, headers, agent, timeout }, response => {
            let text = '';
            response.setEncoding('utf8');
            response.on('data', part => (text += part));
            response.on('end', () => done({ status: response.statusCode, text }));
            response.on('error', failed);
        });
        request.on('timeout', () => request.destroy(new Error('timeout')));
        request.on('error', failed);
        request.end(body);
    });
}

async function probe(port) {
    const kept = new http.Agent({ keepAlive: true, maxSockets: 1 });
    let stop = false, failed = 0;
    const took = [];
    process.on('message', () => (stop = true));
    for (let i = 0; !stop; i++) {
        const began = process.hrtime.bigint();
        try {
            const { status } = await call(port, '/ns/others/v1/whoami', { agent: i % 2 ? kept : false });
            failed += status !== 200;
        } catch {
            failed++;
        }
        took.push(Number(process.hrtime.bigint() - began) / 1e6);
        await sleep(5);
    }
    took.sort((a, b) => a - b);
    const at = share => took[Math.min(took.length - 1, Math.floor(took.length * share))];
    process.send({ calls: took.length, failed, p50: at(0.5), p99: at(0.99), worst: at(1) }, () => process.exit(0));
}

// --- the mock --------------------------------------------------------------------------------------------------------

function fixture(folder) {
    const path = join(folder, 'fixture.yaml');
    const lines = ['name: abuse', 'clock: { start: 2026-05-02T09:00:00Z, mode: frozen }', 'layers:', '  organizations:',
        '    - name: Acme', `      keys: [ { name: full, key: ${KEY}, scopes: ["*"], tier: internal } ]`,
        '      projects:', '        - { id: prj_a, name: Coffee, social_accounts: [ { id: sa_a, platform: tiktok, handle: a } ],',
        '            content: [ { id: cnt_a } ] }', 'posteverywhere:', '  organizations:', '    - name: Large',
        '      keys: [ { name: large, key: pe_live_large, limits: { minute: 1000000000, hour: 1000000000 } } ]',
        '      accounts:'];
    for (let i = 0; i < 16000; i++)
        lines.push(`        - { account_id: ${5000 + i}, platform: x, account_name: "@account${i}", avatar_url: "https://example.com/${i}.jpg" }`);
    writeFileSync(path, lines.join('\n') + '\n');
    return path;
}

async function startMock(program, fixturePath) {
    const process_ = spawn('sh', ['-c', 'ulimit -n $(ulimit -H -n); exec "$@"', 'sh', program, '--port', '0', '--log',
        'error', '--fixture', fixturePath], { stdio: ['ignore', 'pipe', 'inherit'] });
    const line = await new Promise((done, failed) => {
        process_.stdout.once('data', data => done(String(data)));
        process_.once('exit', code => failed(new Error(`the mock ended with status ${code}`)));
    });
    return { process: process_, pid: process_.pid, port: Number(/127\.0\.0\.1:(\d+)/.exec(line)[1]) };
}

function residentMB(pid) {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;
}
function cpuSeconds(pid) {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /, '').split(' ');
    return (Number(fields[11]) + Number(fields[12])) / 100;
}

// --- the abuses: each returns a function that ends it, or nothing -----------------------------------------------------

const open = new Set();
function socket(port, text, read = false) {
    const s = net.connect({ port, host: '127.0.0.1' });
    open.add(s);
    s.on('error', () => {});
    s.on('close', () => open.delete(s));
    if (read) s.resume();
    else s.pause();
    if (text) s.write(text);
    return s;
}
async function many(count, make) {
    for (let i = 0; i < count; i++) {
        make(i);
        if (i % 50 === 49) await sleep(5);
    }
}
const head = (line, more = '') => `${line} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${KEY}\r\n${more}\r\n`;

async function keepBusy(port, path, until, more = '') {
    const text = head(`GET ${path}`, more);
    await new Promise(done => {
        const s = socket(port, text);
        s.resume();
        s.on('data', () => (Date.now() < until ? s.write(text) : s.end()));
        s.on('close', done);
        setTimeout(() => s.destroy(), until - Date.now() + 2000);
    });
}

const abuses = {
    nothing: {
        limits: { p99: 20, memory: 10 },
        run: async () => sleep(SECONDS * 1000),
    },
    slow_readers: { // 500 clients ask for a large list and do not read it
        limits: { p99: 20, memory: 200 },
        run: async ({ port }) => {
            const text = `GET /posteverywhere/api/v1/accounts HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer pe_live_large\r\n\r\n`;
            await many(500, () => socket(port, text));
            await sleep(SECONDS * 1000);
        },
    },
    gone_clients: { // 1300 uploads that are abandoned, 1000 clients that gave up on a delay
        limits: { p99: 20, memory: 50 },
        run: async ({ port }) => {
            await call(port, '/ns/slow/__admin/rules', { method: 'POST',
                body: '{"path":"/v1/whoami","then":[{"delay_before":"5m"}]}' });
            await many(1300, () => {
                const s = socket(port, head('POST /v1/projects', 'Content-Length: 100000\r\n') + 'x');
                setTimeout(() => s.destroy(), 50);
            });
            await many(1000, () => {
                const s = socket(port, head('GET /ns/slow/v1/whoami'));
                setTimeout(() => s.destroy(), 100);
            });
            await sleep(SECONDS * 1000);
        },
    },
    huge_bodies: { // 200 bodies of 16 MiB of which one byte comes
        limits: { p99: 20, memory: 100 },
        run: async ({ port }) => {
            await many(200, () => socket(port, head('POST /v1/projects', 'Content-Length: 16777216\r\n') + 'x'));
            await sleep(SECONDS * 1000);
        },
    },
    chunk_lines: { // 300 chunk-size lines without an end
        limits: { p99: 20, memory: 50, cpu: 50 },
        run: async ({ port }) => {
            await many(300, i => socket(port, head('POST /v1/projects', 'Transfer-Encoding: chunked\r\n') +
                (i % 2 ? '5;' + 'a'.repeat(20000) : '0'.repeat(50000))));
            await sleep(SECONDS * 1000);
        },
    },
    event_streams: { // 200 event streams that nobody reads, while their namespace is busy
        limits: { p99: 20, memory: 100 },
        run: async ({ port }) => {
            await many(200, () => socket(port, head('GET /ns/streams/__admin/events')));
            const until = Date.now() + SECONDS * 1000;
            await Promise.all(Array.from({ length: 4 }, () => keepBusy(port, '/ns/streams/v1/whoami', until)));
        },
    },
    dead_receivers: { // webhook receivers that accept and never respond, while the clock is advanced
        limits: { p99: 20, memory: 50, action: 1000 },
        run: async ({ port }) => {
            const receiver = net.createServer(s => s.on('error', () => {}));
            await new Promise(done => receiver.listen(0, '127.0.0.1', done));
            const url = `http://127.0.0.1:${receiver.address().port}/`;
            for (let i = 0; i < 10; i++)
                await call(port, '/ns/hooks/v1/webhook-endpoints', { method: 'POST',
                    body: JSON.stringify({ url: url + i, events: ['post.published'] }) });
            for (let i = 0; i < 4; i++)
                await call(port, '/ns/hooks/v1/content/cnt_a/schedule', { method: 'POST', body: JSON.stringify({
                    scheduledFor: `2026-05-0${i + 3}T09:00:00Z`, targets: [{ socialAccountId: 'sa_a', mode: 'publish' }] }) });
            const began = Date.now();
            const advanced = await call(port, '/ns/hooks/__admin/clock/advance',
                { method: 'POST', body: '{"by":"10d","wait":"0s"}' }).catch(e => ({ status: e.message, text: '' }));
            const took = Date.now() - began;
            if (advanced.status !== 200) console.error(`advance: ${advanced.status} ${advanced.text.slice(0, 200)}`);
            await sleep(Math.max(0, SECONDS * 1000 - took));
            receiver.close();
            return took;
        },
    },
    idle_and_busy: { // 10,000 idle connections beside 1,000 busy ones
        limits: { p99: 200, memory: 500 }, // 1,000 busy clients share the processor with the others
        run: async ({ port }) => {
            const idle = Number(process.env.IDLE ?? 10000), busy = 1000;
            await many(idle, () => {
                const s = socket(port, head('GET /ns/idle/v1/whoami'));
                s.resume();
            });
            await sleep(500);
            const until = Date.now() + SECONDS * 1000;
            await Promise.all(Array.from({ length: busy }, () => keepBusy(port, '/ns/busy/v1/whoami', until)));
            return undefined;
        },
    },
    namespaces: { // namespaces that come and go, resets and snapshots
        limits: { p99: 20, memory: 50 },
        run: async ({ port }) => {
            const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
            const until = Date.now() + SECONDS * 1000;
            for (let i = 0; Date.now() < until; i++) {
                await call(port, `/ns/n${i}/v1/whoami`, { agent });
                await call(port, `/ns/n${i}/__admin/reset`, { method: 'POST', agent });
                await call(port, `/ns/n${i}/__admin/snapshots`, { method: 'POST', body: '{"name":"s"}', agent });
                await call(port, `/__admin/namespaces/n${i}`, { method: 'DELETE', agent });
            }
            agent.destroy();
        },
    },
};

// --- the table --------------------------------------------------------------------------------------------------------

let calm = 0; // the 99th percentile without abuse

async function measure(program, fixturePath, name) {
    const { run, limits: given } = abuses[name];
    const limits = { ...given, p99: Math.ceil(given.p99 + calm) };
    const mock = await startMock(program, fixturePath);
    await call(mock.port, '/ns/others/v1/whoami');
    const before = residentMB(mock.pid), cpu = cpuSeconds(mock.pid), began = Date.now();
    const other = fork(process.argv[1], ['probe', String(mock.port)]);
    let peak = before;
    const watch = setInterval(() => (peak = Math.max(peak, residentMB(mock.pid))), 100);
    await sleep(300);
    const action = await run(mock);
    const cpuShare = 100 * (cpuSeconds(mock.pid) - cpu) / ((Date.now() - began) / 1000);
    other.send('stop');
    const seen = await new Promise((done, failed) => {
        other.once('message', done);
        setTimeout(() => failed(new Error(`${name}: the other client got no response for 150 s`)), 150000).unref();
    });
    clearInterval(watch);
    for (const s of open) s.destroy();
    mock.process.kill('SIGTERM');
    await new Promise(done => mock.process.once('exit', done));
    if (name === 'nothing') calm = limits.p99 = seen.p99;
    const figures = { p99: seen.p99, memory: peak - before, cpu: cpuShare, action };
    const over = Object.keys(limits).filter(k => !(figures[k] <= limits[k]));
    if (seen.failed) over.push('failed');
    const number = (v, digits = 1) => (v === undefined ? '' : v.toFixed(digits));
    console.log([name.padEnd(16), String(seen.calls).padStart(6), String(seen.failed).padStart(6),
        number(seen.p50).padStart(8), `${number(seen.p99)} / ${number(limits.p99, 0)}`.padStart(14), number(seen.worst).padStart(9),
        `${number(figures.memory, 0)} / ${limits.memory}`.padStart(12),
        `${number(cpuShare, 0)}${limits.cpu ? ` / ${limits.cpu}` : ''}`.padStart(9),
        (limits.action ? `${number(action, 0)} / ${limits.action}` : '').padStart(14),
        over.length ? `  OVER: ${over.join(', ')}` : '  ok'].join(' '));
    return over.length === 0;
}

async function main() {
    const [program, ...names] = process.argv.slice(2);
    const heads = ['abuse'.padEnd(16), ' calls', 'failed', '  p50 ms', '  p99 ms/limit', ' worst ms', '    MB/limit',
        'CPU %/lim', 'action ms/lim.'];
    console.log(heads.join(' '));
    const folder = mkdtempSync(join(tmpdir(), 'abuse-'));
    const fixturePath = fixture(folder);
    let ok = true;
    for (const name of new Set(['nothing', ...(names.length ? names : Object.keys(abuses))]))
        ok = (await measure(program, fixturePath, name)) && ok;
    rmSync(folder, { recursive: true, force: true });
    process.exit(ok ? 0 : 1);
}

if (process.argv[2] === 'probe') {
    await probe(Number(process.argv[3]));
} else if (process.env.ABUSE_LIMIT_RAISED) {
    await main();
} else { // Node cannot raise its own limit of open files
    const again = spawn('sh', ['-c', 'ulimit -n $(ulimit -H -n); exec "$@"', 'sh', process.execPath,
        ...process.argv.slice(1)], { stdio: 'inherit', env: { ...process.env, ABUSE_LIMIT_RAISED: '1' } });
    again.once('exit', code => process.exit(code ?? 1));
}
