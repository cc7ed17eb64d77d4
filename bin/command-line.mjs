import { pathToFileURL } from 'node:url';
import { PlainError, ROOT, say } from './quiet-run.mjs';
import { setUp } from './set-up.mjs';

/** `--entry bench` runs the benchmarks in place of the command line: all are programs of this project, built alike. */
const ENTRIES = { cli: 'apps/cli', bench: 'bench', 'simulate-faults': 'test/simulation' };

try {
  const args = process.argv.slice(2);
  const entry = args[0] === '--entry' ? ENTRIES[args[1]] : ENTRIES.cli;
  if (entry === undefined) throw new PlainError(`There is no entry "${args[1]}": ${Object.keys(ENTRIES).join(', ')}.`);
  await setUp();
  const main = `${ROOT}/dist/${entry}/src/main.js`;
  // In this process, so that signals and the exit status need no passing on.
  process.argv = [process.argv[0], main, ...(args[0] === '--entry' ? args.slice(2) : args)];
  await import(pathToFileURL(main));
} catch (error) {
  say(error instanceof PlainError ? error.message : (error?.stack ?? String(error)));
  process.exit(error?.exitStatus ?? 1);
}
