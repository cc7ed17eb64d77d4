import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { PlainError, quietRun, ROOT, say } from './quiet-run.mjs';

/** Inside node_modules, so that it goes with it. Written last: an interrupted installation leaves none. */
const STAMP = `${ROOT}/node_modules/.hexfleet-installed`;
const PLATFORM = { os: process.platform, cpu: process.arch, libc: libcName() };

/** What an installation depends on: the lock file, and the platform that optional binaries are chosen for. */
function wanted() {
  const lock = readFileSync(`${ROOT}/package-lock.json`);
  return createHash('sha256').update(lock).update(Object.values(PLATFORM).join('-')).digest('hex');
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
  return holdsAll(there, JSON.parse(readFileSync(`${ROOT}/package-lock.json`, 'utf8')).packages);
}

/** Whether all that a lock file wants on this platform is there; both are npm's `packages`, by path. */
export function holdsAll(there, wantedPackages, platform = PLATFORM) {
  return Object.entries(wantedPackages).every(
    ([path, entry]) => path === '' || !fits(entry, platform) || there[path]?.integrity === entry.integrity,
  );
}

/** As npm decides it: `os`, `cpu` and `libc` each list what is meant, or with ! what isn't; none means any. */
function fits(entry, platform) {
  return Object.entries(platform).every(([key, value]) => {
    const list = entry[key] ?? [];
    const isMeant = list.includes(value) || list.every((word) => word.startsWith('!'));
    return value === undefined || (isMeant && !list.includes(`!${value}`));
  });
}

export async function installPackages(onChild) {
  say('Installing packages (npm ci, once) …');
  rmSync(STAMP, { force: true });
  // Under `npm start` the very npm that runs us is named, under another package manager that one, which has no `ci`. Its
  // build tools are needed even where NODE_ENV is production.
  const npm = basename(process.env.npm_execpath ?? '') === 'npm-cli.js' ? [process.env.npm_execpath] : undefined;
  const args = ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'];
  const { status, output } = npm
    ? await quietRun([...npm, ...args], { onChild })
    : await quietRun(args, { command: 'npm', onChild }).catch(notRun);
  if (status !== 0) throw new PlainError(`${output.trim()}\n\nThe packages could not be installed (npm ci).`);
  writeFileSync(STAMP, wanted());
}

function notRun(error) {
  if (error instanceof PlainError) throw error;
  return { status: 1, output: `npm: ${error.message}` };
}

/** Only Linux has two; there the C library is told apart by whether it is GNU's. */
function libcName() {
  if (process.platform !== 'linux') return undefined;
  // Else it asks the name server who is at the other end of each socket.
  process.report.excludeNetwork = true;
  return process.report.getReport().header.glibcVersionRuntime === undefined ? 'musl' : 'glibc';
}
