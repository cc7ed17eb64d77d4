import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, it } from '@jest/globals';

const PROJECT_ROOT = join(import.meta.dirname, '..', '..');

/** Where recorded traces lie: `HEXFLEET_TRACES`, else `shared/data` beside the project. They are no part of it. */
export const TRACES_DIR = process.env.HEXFLEET_TRACES ?? join(PROJECT_ROOT, '..', 'shared', 'data');

/** The text of a recorded trace. @throws Error where it is missing: `describeWithTraces` keeps its readers from there. */
export function readTraceFile(name: string): string {
  return gunzipSync(readFileSync(join(TRACES_DIR, name))).toString('utf8');
}

/** A `describe` for tests on recorded traces: skipped, with the reason printed, where one of the files is missing. */
export function describeWithTraces(name: string, files: readonly string[], tests: () => void): void {
  const missing = files.filter((file) => !existsSync(join(TRACES_DIR, file)));
  if (missing.length === 0) {
    describe(name, tests);
    return;
  }
  // One entry stands for them all: even a skipped describe's body runs, and there is nothing here for it to read.
  it.skip(`${name} (no ${missing.join(', ')} in the folder that HEXFLEET_TRACES names)`, () => {});
}
