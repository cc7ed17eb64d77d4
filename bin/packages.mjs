import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { PlainError, quietRun, ROOT, say } from './quiet-run.mjs';

/** Inside node_modules, so that it goes with it. Written last: an interrupted installation leaves none. */
const STAMP = `${ROOT}/node_modules/.hexfleet-installed`;

/** What an installation depends on: the lock file, and the platform that optional binaries are chosen for. */
function wanted() {
  const lock = readFileSync(`${ROOT}/package-lock.json`);
  return createHash('sha256').update(lock).update(`${process.platform}-${process.arch}`).digest('hex');
}

export function packagesAreInstalled() {
  if (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === wanted()) return true;
  if (!installedByHand()) return false;
  writeFileSync(STAMP, wanted());
  return true;
}

/** npm's own record of what lies in node_modules: whoever ran `npm install` needn't wait for it a second time. */
function installedByHand() {
  const record = `${ROOT}/node_modules/.package-lock.json`;
  if (!existsSync(record)) return false;
  const there = JSON.parse(readFileSync(record, 'utf8')).packages ?? {};
  const wantedPackages = JSON.parse(readFileSync(`${ROOT}/package-lock.json`, 'utf8')).packages;
  return Object.entries(wantedPackages).every(
    ([path, entry]) => path === '' || entry.optional || entry.devOptional || there[path]?.integrity === entry.integrity,
  );
}

export async function installPackages() {
  say('Installing packages (npm ci, once) …');
  rmSync(STAMP, { force: true });
  // Under `npm start` the very npm that runs us is named; its build tools are needed even where NODE_ENV is production.
  const npm = process.env.npm_execpath?.endsWith('.js') ? process.env.npm_execpath : undefined;
  const args = ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'];
  const { status, output } = npm
    ? await quietRun([npm, ...args])
    : await quietRun(args, { command: 'npm' }).catch((error) => ({ status: 1, output: `npm: ${error.message}` }));
  if (status !== 0) throw new PlainError(`${output.trim()}\n\nThe packages could not be installed (npm ci).`);
  writeFileSync(STAMP, wanted());
}
