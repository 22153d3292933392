// recipes.mjs - runs the shell and JavaScript blocks of a Markdown page, in order, each section
// against its own mock, and compares their output with the block that follows.
//
//   node recipes.mjs <folder of the programs> <source folder> <page>
//
// A section begins with "## ". Its shell blocks share one shell. A block that consists of a mock's
// command line starts the section's mock; the default is a mock with the sample fixture. "Save this
// as `file`" before a block writes it to a file. The section "Before you begin" is run before each
// other one. In shown output, `...` matches anything; ports, process ids and durations match any.
// <!-- not run: why --> before a block skips it.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';

const [programs, source, page] = process.argv.slice(2).map((path) => resolve(path));
const documented = 'http://127.0.0.1:8080';
const mark = '--- block';
const atOnce = 4;

// [{title, blocks: [{language, text, line, file, skip, shown}]}]
function sectionsOf(text) {
  const sections = [{ title: '', blocks: [] }];
  let block, before = '';
  text.split('\n').forEach((line, at) => {
    const fence = line.match(/^```(\w*)$/);
    const { blocks } = sections.at(-1);
    if (block && fence) {
      const last = blocks.at(-1);
      const shows = /^(|json|text)$/.test(block.language) && last?.runs && !last.shown && !before.trim();
      if (shows) last.shown = block;
      else blocks.push(block);
      block = undefined;
      before = '';
    } else if (block) {
      block.text += line + '\n';
    } else if (fence) {
      block = { language: fence[1], text: '', line: at + 1 };
      block.skip = before.match(/<!-- not run: .* -->/)?.[0];
      block.file = before.match(/[Ss]ave this as `([^`]+)`/)?.[1];
      block.runs = /^(sh|js)$/.test(block.language) && !block.skip && !block.file;
      if (block.runs || block.file || block.skip) before = '';
    } else if (line.startsWith('## ')) {
      sections.push({ title: line.slice(3), blocks: [] });
      before = '';
    } else {
      before += line + '\n';
    }
  });
  return sections;
}

const commandLine = /^(?:build\/release\/bin\/)?mockserver((?: --[\w-]+(?: [\w./-]+)?)*)\n$/;

function argumentsOf(blocks) {
  const start = blocks.find((b) => b.runs && commandLine.test(b.text));
  if (!start) return [[], undefined];
  return [start.text.match(commandLine)[1].split(' ').filter(Boolean), start];
}

async function startMock(words, cwd) {
  const mock = spawn(join(programs, 'mockserver'), [...words, '--port', '0', '--log', 'error'], {
    cwd,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [ready] = await once(createInterface(mock.stdout), 'line');
  return { mock, ready, url: JSON.parse(ready).url };
}

// Replaces what differs from run to run.
const steady = (text) =>
  text
    .replace(/127\.0\.0\.1:\d+/g, '127.0.0.1:PORT')
    .replace(/"pid":\d+/g, '"pid":PID')
    .replace(/"port":\d+/g, '"port":PORT')
    .replace(/\d+\.\d\d s\b/g, 'N s')
    .replace(/run-[0-9a-f]{8}-/g, 'run-ID-')
    .trim();

function isAsShown(shown, printed) {
  const parts = steady(shown).split(/\.\.\.\n?/);
  const pattern = parts.map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('[^]*?');
  return new RegExp(`^${pattern}$`).test(steady(printed));
}

// Returns the section as one script; it prints a mark before the output of each block.
function scriptOf(blocks, folder, local) {
  let script = `PATH=${programs}:$PATH\n`;
  blocks.forEach((block, i) => {
    const text = local(block.text).replaceAll('build/release/bin/', '');
    if (block.file) {
      const path = join(folder, block.file);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, text);
    } else if (block.runs && block.language === 'js') {
      writeFileSync(join(folder, `block-${i}.mjs`), text);
      script += `echo '${mark} ${i}'\nnode block-${i}.mjs\n`;
    } else if (block.runs && !commandLine.test(block.text)) {
      script += `echo '${mark} ${i}'\n${text}`;
    }
  });
  return script;
}

function setUp() {
  const folder = mkdtempSync(join(tmpdir(), 'recipe-'));
  symlinkSync(join(source, 'fixtures'), join(folder, 'fixtures'));
  cpSync(join(source, 'scenarios'), join(folder, 'scenarios'), { recursive: true });
  return folder;
}

function run(script, cwd) {
  return new Promise((done) => {
    execFile('bash', ['-c', script], { cwd, timeout: 60000 }, (error, stdout, stderr) => done({ stdout, stderr }));
  });
}

// Splits the output by marks: {block number: text}.
function printedBy(stdout) {
  const printed = {};
  for (const part of stdout.split(`${mark} `).slice(1)) {
    const end = part.indexOf('\n');
    printed[part.slice(0, end)] = part.slice(end + 1);
  }
  return printed;
}

function compare(blocks, printed, stderr) {
  const wrong = [];
  blocks.forEach(({ shown }, i) => {
    const text = printed[i] ?? '';
    if (shown && !isAsShown(shown.text, text))
      wrong.push(`${basename(page)}:${shown.line}: expected\n${shown.text}but the output is\n${text}${stderr}`);
  });
  return wrong;
}

async function runSection(before, { title, blocks }) {
  const folder = setUp();
  const all = [...before, ...blocks];
  const [words, start] = argumentsOf(all);
  const { mock, ready, url } = await startMock(words, folder);
  try {
    const local = (text) => text.replaceAll(documented, url);
    const { stdout, stderr } = await run(scriptOf(all, folder, local), folder);
    const printed = printedBy(stdout.replaceAll(url, documented));
    if (start) printed[all.indexOf(start)] = ready + '\n';
    return { title, wrong: compare(all, printed, stderr) };
  } finally {
    mock.kill('SIGTERM');
    rmSync(folder, { recursive: true });
  }
}

const sections = sectionsOf(readFileSync(page, 'utf8'));
const before = sections.find((s) => s.title === 'Before you begin')?.blocks ?? [];
const only = process.argv[5] ?? '';
const recipes = sections.filter((s) => s.blocks !== before && s.blocks.some((b) => b.runs) && s.title.includes(only));
const results = [];
async function work() {
  for (let next; (next = recipes.shift()); ) results.push(await runSection(before, next));
}
await Promise.all(Array.from({ length: atOnce }, work));
for (const { title, wrong } of results) {
  console.log(`${wrong.length ? 'FAILED' : 'passed'}  ${title}`);
  for (const text of wrong) console.log(text);
}
const bad = results.filter((r) => r.wrong.length).length;
console.log(`${results.length} sections, ${bad} failed`);
process.exit(bad || !results.length ? 1 : 0);
