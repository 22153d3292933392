// official.mjs - runs the official PostEverywhere clients, unchanged, against the mock, and compares what they do with
// the tables of docs/clients.md. With UNDERSTUDY_UPDATE=1 it writes the tables.
//
//   node --import ./redirect.mjs official.mjs MOCKSERVER CACHE_FOLDER
//
// Exit status 77: the clients cannot be installed; the reason is printed.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runCli } from './cli.mjs';
import { runErrors } from './errors.mjs';
import { install } from './install.mjs';
import { runMcp } from './mcp.mjs';
import { startMock, startReceiver } from './mock.mjs';
import { runSdk } from './sdk.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const page = join(here, '../docs/clients.md');
const headings = {
  sdk: ['method', 'calls', 'outcome'],
  mcp: ['tool', 'calls', 'outcome'],
  cli: ['command', 'calls', 'outcome'],
  errors: ['response to `GET /accounts`', 'SDK', 'MCP server', 'CLI'],
};

const line = (cells) => `| ${cells.map((cell) => cell.replace(/\n/g, ' ')).join(' | ')} |\n`;
const tableOf = (name, rows) =>
  line(headings[name]) + `|${'---|'.repeat(headings[name].length)}\n` + rows.map(line).join('');

// The page with each generated table in its place.
function fill(text, tables) {
  return text.replace(/(<!-- table: (\w+) -->\n)[\s\S]*?(<!-- end -->)/g, (all, begin, name, end) =>
    `${begin}${tableOf(name, tables[name])}${end}`);
}

const [program, cache] = process.argv.slice(2);
const { folder, skipped } = install(cache);
if (skipped) {
  console.log(`skipped: the official clients cannot be installed: ${skipped}`);
  process.exit(77);
}
const mock = await startMock(program, join(here, 'fixture.yaml'));
const receiver = await startReceiver();
try {
  const others = Promise.all([runMcp(folder, mock, receiver.url), runCli(folder, mock)]);
  const sdk = await runSdk(folder, mock, receiver.url); // the errors of the SDK use the same redirection
  const errors = await runErrors(folder, mock);
  const [mcp, cli] = await others;
  const was = readFileSync(page, 'utf8');
  const is = fill(was, { sdk, mcp, cli, errors });
  if (process.env.UNDERSTUDY_UPDATE) writeFileSync(page, is);
  else assert.equal(is, was, 'docs/clients.md is not current: run this test with UNDERSTUDY_UPDATE=1, and review the difference');
} finally {
  receiver.stop();
  mock.stop();
}
process.exit(0); // the SDK leaves the timer of a failed call running for two minutes
