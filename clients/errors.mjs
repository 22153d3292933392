// errors.mjs - what the official clients make of refusals and of broken responses, which rules of the mock produce.
import { Cli } from './cli.mjs';
import { McpServer } from './mcp.mjs';
import { key } from './mock.mjs';
import { loadSdk } from './sdk.mjs';

// Each situation: the rule for list_accounts, in the form of POST /__admin/rules.
const respond = (response) => ({ on: 'posteverywhere.list_accounts', then: [{ respond: response }] });
const html = { 'Content-Type': 'text/html' };
const situations = [
  ['401', respond({ status: 401 })],
  ['402', respond({ status: 402 })],
  ['404', respond({ status: 404 })],
  ['429, `Retry-After: 1`', respond({ status: 429, headers: { 'Retry-After': '1' } })],
  ['500', respond({ status: 500 })],
  ['502, a page of HTML', respond({ status: 502, raw: '<html>Bad Gateway</html>', headers: html })],
  ['200, an empty body', respond({ status: 200, raw: '' })],
  ['the connection is closed', { on: 'posteverywhere.list_accounts', then: [{ close_connection: 'reset' }] }],
  ['no response for 2 s', { on: 'posteverywhere.list_accounts', then: [{ delay_after: '2s' }] }],
];
const TIMEOUT_MS = 700; // of the SDK, in the situation where it must give up

const times = (count) => `${count} call${count === 1 ? '' : 's'}`;
// Node's versions describe invalid JSON differently.
const plain = (text) => text.replace(/isError: [^;]*JSON[^;]*;/, 'isError: the message of the JSON parser;')
  .replace(/http:\/\/127\.0\.0\.1:\d+\S*?(?=[:"\s])/g, 'URL').replaceAll('|', '\\|').trim();

async function ofSdk(sdk, space, timeout) {
  process.env.UNDERSTUDY_ORIGIN = space.origin;
  const client = new sdk.PostEverywhere({ apiKey: key, timeout });
  const text = await client.accounts.list().then(
    (value) => `returns ${JSON.stringify(value)}`,
    (e) => `throws ${e.name}${e.status ? ` (status ${e.status}, code ${e.code})` : ''}`);
  return `${text}; ${times((await space.seen()).length)}`;
}

async function ofMcp(server, space) {
  const { text, failure } = await server.tool('list_accounts', {});
  return `${failure ? failure : text ? 'shows the response' : 'shows nothing'}; ${times((await space.seen()).length)}`;
}

async function ofCli(cli, space) {
  const { code, stdout, stderr } = await cli.run(['accounts']);
  const text = stderr ? `prints \`${stderr.trim()}\`` : stdout.length > 60 ? 'prints the response' : `prints \`${stdout.trim()}\``;
  return `exit status ${code}, ${text}; ${times((await space.seen()).length)}`;
}

// Plays all situations with one client, each in a state without earlier rules.
async function play(space, client) {
  const column = [];
  for (const [, rule] of situations) {
    await space.admin('POST', '/rules', { name: 'situation', ...rule });
    await space.seen();
    column.push(plain(await client(space, rule.then[0].delay_after ? TIMEOUT_MS : undefined)));
    await space.admin('DELETE', '/rules/situation');
  }
  return column;
}

export async function runErrors(folder, mock) {
  const sdk = await loadSdk(folder);
  const names = ['errors-sdk', 'errors-mcp', 'errors-cli'];
  const [forSdk, forMcp, forCli] = await Promise.all(names.map((name) => mock.namespace(name)));
  const server = await new McpServer(folder, forMcp.origin).start();
  const cli = new Cli(folder, forCli);
  try {
    const columns = await Promise.all([
      play(forSdk, (space, timeout) => ofSdk(sdk, space, timeout)),
      play(forMcp, (space) => ofMcp(server, space)),
      play(forCli, (space) => ofCli(cli, space)),
    ]);
    return situations.map(([name], i) => [name, ...columns.map((column) => column[i])]);
  } finally {
    server.stop();
    cli.stop();
  }
}
