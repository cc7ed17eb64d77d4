import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PlainError, quietRun, ROOT, say } from './quiet-run.mjs';

/** Inside dist, so that it goes with it. Written last: an interrupted build leaves none. */
const STAMP = `${ROOT}/dist/.hexfleet-built`;
const SOURCES = [
  'apps',
  'bench',
  'libs',
  'nest-cli.json',
  'package-lock.json',
  'proto',
  'test/simulation',
  'tsconfig.json',
  '.swcrc',
];
const PROOF = 'dist/apps/cli/src/main.js';

/** Every source's path, size and time of change: reading the times of some hundred files takes milliseconds. */
function fingerprint() {
  const hash = createHash('sha256');
  const visit = (path) => {
    const stat = statSync(join(ROOT, path), { throwIfNoEntry: false });
    if (stat === undefined) return;
    if (!stat.isDirectory()) hash.update(`${path}\0${stat.size}\0${stat.mtimeMs}\n`);
    else for (const name of readdirSync(join(ROOT, path)).sort()) visit(join(path, name));
  };
  for (const path of SOURCES) visit(path);
  return hash.digest('hex');
}

export function isBuilt() {
  return existsSync(STAMP) && readFileSync(STAMP, 'utf8') === fingerprint() && existsSync(join(ROOT, PROOF));
}

export async function build(onChild) {
  say('Building …');
  rmSync(STAMP, { force: true });
  // Taken before, so that a file changed during the build makes for another one.
  const sources = fingerprint();
  const nest = `${ROOT}/node_modules/@nestjs/cli/bin/nest.js`;
  const { status, output } = await quietRun([nest, 'build', '--all', '--builder', 'swc'], { onChild });
  if (status !== 0 || !existsSync(join(ROOT, PROOF))) throw new PlainError(`${output.trim()}\n\nThe build failed.`);
  mkdirSync(`${ROOT}/dist`, { recursive: true });
  writeFileSync(STAMP, sources);
}
