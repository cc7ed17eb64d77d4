import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe } from '@jest/globals';

const PROJECT_ROOT = join(import.meta.dirname, '..', '..');

/** Where recorded traces lie: `HEXFLEET_TRACES`, else `shared/data` beside the project. They are no part of it. */
export const TRACES_DIR = process.env.HEXFLEET_TRACES ?? join(PROJECT_ROOT, '..', 'shared', 'data');

/** The text of a recorded trace, or `undefined` when it isn't here. */
export function readTraceFile(name: string): string | undefined {
  const path = join(TRACES_DIR, name);
  return existsSync(path) ? gunzipSync(readFileSync(path)).toString('utf8') : undefined;
}

/** A `describe` for tests on recorded traces: skipped, with the reason printed, where one of the files is missing. */
export function describeWithTraces(name: string, files: readonly string[], tests: () => void): void {
  const missing = files.filter((file) => !existsSync(join(TRACES_DIR, file)));
  if (missing.length === 0) {
    describe(name, tests);
    return;
  }
  process.stderr.write(
    `skipped: ${name}: no ${missing.join(', ')} in ${TRACES_DIR} (HEXFLEET_TRACES names the folder)\n`,
  );
  describe.skip(`${name} (traces missing)`, tests);
}
