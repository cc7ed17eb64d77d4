import type { RunningHexfleet } from '../harness/index.js';
import type { Violations } from './violations.js';

const FATAL = 60;

/** Which process each app is: one that ended though nobody ended it is a violation (I8). */
export class ProcessRoll {
  #pids: Readonly<Record<string, number>> = {};
  readonly #ended = new Set<string>();
  #readChars = 0;

  constructor(
    private readonly hexfleet: RunningHexfleet,
    private readonly violations: Violations,
  ) {}

  /** Takes down who is there now. */
  call(): void {
    this.#pids = this.hexfleet.currentPids();
    this.#ended.clear();
  }

  /** Ends an app, whose death nobody is to wonder at. */
  end(label: string, signal: 'SIGKILL' | 'SIGTERM'): void {
    this.#ended.add(label);
    process.kill(this.hexfleet.currentPids()[label] as number, signal);
  }

  expectNoDeath(when: string): void {
    const now = this.hexfleet.currentPids();
    const gone = Object.keys(this.#pids).filter((label) => now[label] !== this.#pids[label] && !this.#ended.has(label));
    if (gone.length > 0) this.violations.add('I8', `${gone} died by itself, ${when}`);
    const { log } = this.hexfleet;
    for (const line of log.slice(this.#readChars).split('\n')) {
      if (line.includes(`"level":${FATAL}`)) this.violations.add('I8', `an app gave up, ${when}`, line);
    }
    this.#readChars = log.length;
    this.call();
  }
}
