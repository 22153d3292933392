// install.mjs - installs the official clients of package-lock.json into a folder, once per content of that file.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const unreachable = /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ENETUNREACH|EHOSTUNREACH|ETIMEDOUT|ENOTCACHED|network/i;

// Returns {folder}, or {skipped} with the reason. A package whose bytes differ from the hashes in the file is an error.
export function install(cache) {
  const lock = readFileSync(join(here, 'package-lock.json'));
  const folder = join(cache, createHash('sha256').update(lock).digest('hex').slice(0, 16));
  if (existsSync(folder)) return { folder };
  const scratch = `${folder}.${process.pid}`;
  mkdirSync(scratch, { recursive: true });
  for (const file of ['package.json', 'package-lock.json']) cpSync(join(here, file), join(scratch, file));
  const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline', '--fetch-retries=0', '--fetch-timeout=20000'];
  const npm = spawnSync('npm', ['ci', ...flags], { cwd: scratch, encoding: 'utf8' });
  if (npm.status !== 0) rmSync(scratch, { recursive: true });
  if (npm.error?.code === 'ENOENT') return { skipped: 'npm is not installed' };
  if (npm.status !== 0 && unreachable.test(npm.stderr)) return { skipped: 'the npm registry cannot be reached' };
  if (npm.status !== 0) throw new Error(`npm ci failed:\n${npm.stdout}${npm.stderr}`);
  if (existsSync(folder)) rmSync(scratch, { recursive: true }); // another test was faster
  else renameSync(scratch, folder);
  return { folder };
}
