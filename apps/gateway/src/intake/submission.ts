import type { RejectCode, ShedCode } from '@hexfleet/ping';
import type { NextPing, PingAnswer, PingResult } from '@hexfleet/wire';

/** What apps are told of their next ping: the usual, and what makes another hint this app's own. */
export interface Hints {
  readonly usual: NextPing;
  jittered(hint: NextPing): NextPing;
}

/**
 * The pings that one client sent at one go, and what has become of each so far. It counts down, and calls `onSettled` once,
 * when the last of them has its answer; that may be while the first are still being looked at. One object a frame, none a
 * ping: whoever settles a ping calls the method for it with the ping's index.
 */
export class Submission {
  #accepted = 0;
  #open: number;
  readonly #results: PingResult[] = [];
  #hint: NextPing | undefined;
  readonly #counts = { coalesced: 0, shed: 0, rejected: 0, unavailable: 0 };

  constructor(
    pings: number,
    private readonly hints: Hints,
    private readonly onSettled: (submission: Submission) => void,
  ) {
    this.#open = pings;
  }

  /** What fits one of its pings; of several the soonest is told, so that no driver's bound is passed. */
  advise(hint: NextPing): void {
    const known = this.#hint;
    if (known === undefined || known === hint) this.#hint = hint;
    else if (hint.afterMs < known.afterMs || hint.minMoveM < known.minMoveM) {
      this.#hint = {
        afterMs: Math.min(known.afterMs, hint.afterMs),
        minMoveM: Math.min(known.minMoveM, hint.minMoveM),
      };
    }
  }

  accept(): void {
    this.#accepted++;
    this.#close();
  }

  coalesce(index: number): void {
    this.#settle({ index, outcome: 'coalesced' });
  }

  shed(index: number, code: ShedCode): void {
    this.#settle({ index, outcome: 'shed', code });
  }

  reject(index: number, code: RejectCode): void {
    this.#settle({ index, outcome: 'rejected', code });
  }

  fail(index: number): void {
    this.#settle({ index, outcome: 'unavailable' });
  }

  /** Nothing of it is known to be accepted, and some of it should be sent again. */
  get isUnavailable(): boolean {
    return this.#accepted === 0 && this.#counts.unavailable > 0;
  }

  /** What the client is told, complete once settled. */
  answer(): PingAnswer {
    const { coalesced, shed, rejected, unavailable } = this.#counts;
    const results = this.#results.sort((a, b) => a.index - b.index);
    const next = this.#hint === undefined ? this.hints.usual : this.hints.jittered(this.#hint);
    return { accepted: this.#accepted, coalesced, shed, rejected, unavailable, results, next };
  }

  #settle(result: PingResult): void {
    this.#counts[result.outcome]++;
    this.#results.push(result);
    this.#close();
  }

  #close(): void {
    this.#open--;
    if (this.#open === 0) this.onSettled(this);
  }
}
