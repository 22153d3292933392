// cli.mjs - runs every command of @posteverywhere/cli, as a program with a pipe: it prints JSON.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { callsOf, isShown, key } from './mock.mjs';

const post = (n) => `7b0c2f58-1d1e-4a52-8f0b-00000000000${n}`;
const media = (n) => `5d1f0f6e-7f0b-4c55-9a0e-3f1f3a1b000${n}`;

// A user who grants what a command waits for: it printed a session or a device code.
const approves = (member, handle) => async (output, space) => {
  const state = new RegExp(`"${member}": "([^"]+)"`).exec(output)?.[1];
  if (!state) return false;
  await space.admin('POST', '/simulate/consent', { state, outcome: 'approve', handle });
  return true;
};
// Answers to the questions that a command asks, each when its prompt appears.
const answers = (...pairs) => pairs;

// Each command with documented arguments. `command` is its name in the table of its own help.
const rows = [
  { command: 'help', args: ['help'], says: /Getting started/ },
  { command: 'whoami', args: ['whoami'] },
  { command: 'accounts', args: ['accounts'] },
  { command: 'account:health', args: ['account:health', '3002'] },
  { command: 'platform-rules', args: ['platform-rules'] },
  { command: 'platform-rules', args: ['platform-rules', 'x'], part: (d) => ({ platform: 'x', ...d.platforms?.x }) },
  { command: 'post', args: ['post', '-c', 'A new cup.', '-a', '3001,3003', '-s', '2026-06-20T09:00:00Z', '-m', media(1)] },
  { command: 'post', args: ['post', '-c', 'Now.', '-a', '3001'] },
  { command: 'posts', args: ['posts', '--status', 'failed', '--platform', 'x', '--limit', '5'] },
  { command: 'results', args: ['results', post(2)] },
  { command: 'retry', args: ['retry', post(2)] },
  { command: 'upload', args: ['upload', 'https://example.com/cup.png'] },
  { command: 'upload', args: ['upload', 'https://example.com/cup.mp4'] },
  { command: 'caption', args: ['caption', '-t', 'Cold brew', '--platform', 'x', '--tone', 'casual'] },
  { command: 'analytics', args: ['analytics', '--period', 'week'] },
  { command: 'campaigns', args: ['campaigns'] },
  { command: 'connect', args: ['connect', 'instagram'], user: approves('session_id', 'acme.pics') },
  { command: 'connect', args: ['connect', 'bluesky'], types: answers(['Handle', 'acme.bsky.social'], ['App password', 'abcd-efgh-ijkl-mnop']) },
  { command: 'connect', args: ['connect', 'telegram'], types: answers(['Bot token', '123456:abcdefghijklmnopqrstuvwxyz123456789'], ['Channel', '@acme']) },
  { command: 'connect', args: ['connect', 'discord'], types: answers(['Webhook URL: ', 'https://discord.com/api/webhooks/123/abc']) },
  { command: 'reconnect', args: ['reconnect', '3002'], user: approves('session_id') },
  { command: 'login', args: ['login'], user: approves('device_code', 'acme'), without_key: true, saves: true },
  { command: 'logout', args: ['logout'], without_key: true, shows: { ok: true } },
];

export class Cli {
  constructor(folder, space) {
    this.program = join(folder, 'node_modules/@posteverywhere/cli/dist/index.js');
    this.space = space;
    this.home = mkdtempSync(join(tmpdir(), 'understudy-cli-'));
  }

  // {code, stdout, stderr} of a command. `row` may have a user, or answers that are typed.
  run(args, row = {}) {
    const env = { PATH: process.env.PATH, HOME: this.home, POSTEVERYWHERE_API_URL: this.space.origin };
    if (!row.without_key) env.POSTEVERYWHERE_API_KEY = key;
    const child = spawn(process.execPath, [this.program, ...args], { env, stdio: ['pipe', 'pipe', 'pipe'] });
    const result = { stdout: '', stderr: '' };
    const typed = [...(row.types ?? [])];
    let acted = false;
    child.stderr.on('data', (data) => { result.stderr += data; });
    child.stdout.on('data', async (data) => {
      result.stdout += data;
      if (typed.length && result.stdout.includes(typed[0][0])) {
        child.stdin.write(`${typed.shift()[1]}\n`);
        if (!typed.length) child.stdin.end(); // the program reads until then
      }
      if (row.user && !acted) {
        acted = true;
        acted = await row.user(result.stdout, this.space);
      }
    });
    return new Promise((resolve) => child.on('close', (code) => resolve({ code, ...result })));
  }

  stop() {
    rmSync(this.home, { recursive: true });
  }
}

// The last JSON value of the output: some commands print a pending one, or prompts, before it.
function lastJson(text) {
  const at = text.lastIndexOf('\n{\n');
  return JSON.parse(text.slice(at < 0 ? text.indexOf('{') : at));
}

function judge(row, { code, stdout, stderr }, seen, home) {
  if (code !== 0) return `exit status ${code}: ${stderr.trim()}`;
  if (row.says) return row.says.test(stdout) ? 'prints its help' : `prints ${stdout}`;
  const value = lastJson(stdout);
  if (row.saves) {
    const { api_key } = JSON.parse(readFileSync(join(home, '.posteverywhere/config.json')));
    const { email, organization_id } = value;
    assert.ok(api_key.startsWith('pe_live_') && email && organization_id && value.status === 'authorized', stdout);
    return 'prints `status: authorized`, and saves the key';
  }
  if (row.shows) return isDeepStrictEqual(value, row.shows) ? `prints \`${JSON.stringify(value)}\`` : `prints ${stdout}`;
  const data = seen.at(-1).data;
  const expected = row.part ? row.part(data) : data;
  if (!isShown(value, expected)) return `prints something else than the response: ${stdout}`;
  return row.part ? 'prints its part of the response' : 'prints the response';
}

function commandsOf(help) {
  const part = help.slice(help.indexOf('Commands'), help.indexOf('Flags'));
  return [...part.matchAll(/^ {2}([a-z][a-z:-]*)/gm)].map((match) => match[1]);
}

export async function runCli(folder, mock) {
  const space = await mock.namespace('cli');
  const cli = new Cli(folder, space);
  try {
    const { stdout } = await cli.run(['help']);
    const known = new Set(rows.map((row) => row.command));
    assert.deepEqual(commandsOf(stdout).filter((name) => !known.has(name)), [], 'commands that the test does not run');
    const table = [];
    for (const row of rows) {
      const result = await cli.run(row.args, row);
      const seen = await space.seen();
      const polls = seen.filter((call, i) => !(i && /poll|token/.test(call.text) && seen[i - 1].text === call.text));
      table.push([`\`${row.args.join(' ')}\``, callsOf(polls), judge(row, result, seen, cli.home)]);
    }
    return table;
  } finally {
    cli.stop();
  }
}
