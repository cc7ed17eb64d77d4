import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Something under measurement: processes that this bench started, whose CPU counts, by what each is. */
export interface Service {
  readonly pids: Readonly<Record<string, number>>;
  stop(): Promise<void>;
}

/** A folder for a service's data. */
export function scratchFolder(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'hexfleet-bench-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true, maxRetries: 3 }) };
}
