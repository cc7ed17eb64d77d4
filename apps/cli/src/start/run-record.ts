import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { identityOf, isStillRunningAs, type ProcessIdentity } from './process-identity.js';

/**
 * Which processes this Hexfleet has started, on disk, so that after a kill −9 the next start ends what is left of them,
 * and nothing else: a process counts as left only if its start and command line are still those recorded.
 */
export class RunRecord {
  readonly #file: string;
  readonly #byLabel = new Map<string, ProcessIdentity>();

  constructor(dataFolder: string) {
    this.#file = join(dataFolder, 'run.json');
  }

  /** Notes that `label` is now process `pid`. */
  note(label: string, pid: number): void {
    const identity = identityOf(pid);
    if (identity === undefined) return;
    this.#byLabel.set(label, identity);
    const draft = `${this.#file}.draft`;
    writeFileSync(draft, `${JSON.stringify(Object.fromEntries(this.#byLabel), null, 2)}\n`, { mode: 0o600 });
    renameSync(draft, this.#file);
  }

  clear(): void {
    this.#byLabel.clear();
    rmSync(this.#file, { force: true });
  }

  /** Ends what an earlier run left behind; resolves to its labels once all of it is gone. */
  async endLeftovers(): Promise<string[]> {
    const leftovers = Object.entries(this.#read()).filter(([, identity]) => isStillRunningAs(identity));
    const running = () => leftovers.filter(([, identity]) => isStillRunningAs(identity));
    signalAll(running(), 'SIGTERM');
    for (let waitedMs = 0; running().length > 0 && waitedMs < TERM_PATIENCE_MS; waitedMs += POLL_INTERVAL_MS) {
      await sleep(POLL_INTERVAL_MS);
    }
    while (running().length > 0) {
      signalAll(running(), 'SIGKILL');
      await sleep(POLL_INTERVAL_MS);
    }
    this.clear();
    return leftovers.map(([label]) => label);
  }

  #read(): Record<string, ProcessIdentity> {
    try {
      return JSON.parse(readFileSync(this.#file, 'utf8'));
    } catch {
      return {};
    }
  }
}

const TERM_PATIENCE_MS = 10_000;
const POLL_INTERVAL_MS = 50;

function signalAll(entries: readonly (readonly [string, ProcessIdentity])[], signal: NodeJS.Signals): void {
  for (const [, { pid }] of entries) {
    try {
      process.kill(pid, signal);
    } catch {
      // It ended between the look and the signal.
    }
  }
}
