import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { ownPartition } from '@hexfleet/partition-table';

/** The built libs, beside this program: dist/libs. */
const LIBS = join(import.meta.dirname, '..', '..', '..', 'libs');

export interface SourceChange {
  /** In libs/partition-table/src, as built. */
  readonly file: string;
  /** Occurs there exactly once. */
  readonly from: string;
  readonly to: string;
}

/**
 * The real owner with a line of its code changed. A change that doesn't fit any more is an error: a mutation of what isn't
 * there proves nothing.
 */
export async function changedOwner({ file, from, to }: SourceChange): Promise<typeof ownPartition> {
  const folder = mkdtempSync(join(LIBS, 'changed-'));
  try {
    cpSync(join(LIBS, 'partition-table', 'src'), join(folder, 'src'), { recursive: true });
    const path = join(folder, 'src', file);
    const source = readFileSync(path, 'utf8');
    const occurrences = source.split(from).length - 1;
    if (occurrences !== 1) throw new Error(`${file} has ${occurrences} times: ${from}`);
    writeFileSync(
      path,
      source.replace(from, () => to),
    );
    const changed = await import(pathToFileURL(join(folder, 'src', 'index.js')).href);
    return changed.ownPartition;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
