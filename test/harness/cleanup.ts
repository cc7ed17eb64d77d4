import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from '@jest/globals';

const tasks: (() => Promise<unknown> | unknown)[] = [];
const CLEANUP_TIMEOUT_MS = 120_000;

/** Runs after the spec file's last test, also when tests have failed; the latest first. */
export function atEnd(task: () => Promise<unknown> | unknown): void {
  tasks.push(task);
}

/** A new folder that is removed at the end. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'hexfleet-test-'));
  atEnd(() => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
  return folder;
}

afterAll(async () => {
  for (const task of tasks.splice(0).reverse()) await task();
}, CLEANUP_TIMEOUT_MS);
