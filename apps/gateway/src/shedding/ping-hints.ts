import { jittered, type NextPingHint, nextPingHint } from '@hexfleet/load-shedding';
import { STATUSES, type Status, statusIndexOf } from '@hexfleet/ping';
import type { ShedPolicy } from '@hexfleet/shed-policy';

/** What apps are told of their next ping, by partition and status; worked out at each tuning, looked up for each ping. */
export class PingHints {
  readonly #hints: NextPingHint[];
  /** By status, since the last tuning. */
  readonly #longest = new Map<Status, NextPingHint>();

  constructor(
    partitions: number,
    /** What is told while there is no pressure. */
    readonly usual: NextPingHint,
    private readonly random: () => number,
  ) {
    this.#hints = new Array(partitions * STATUSES.length).fill(usual);
  }

  at(partition: number, status: Status): NextPingHint {
    return this.#hints[partition * STATUSES.length + statusIndexOf(status)] as NextPingHint;
  }

  /** For a ping of which only the status is known: at extreme load no partition is calm, so it is told what most are. */
  longest(status: Status): NextPingHint {
    const known = this.#longest.get(status);
    if (known !== undefined) return known;
    let longest = this.usual;
    for (let at = statusIndexOf(status); at < this.#hints.length; at += STATUSES.length) {
      const hint = this.#hints[at] as NextPingHint;
      if (hint.afterMs > longest.afterMs) longest = hint;
    }
    this.#longest.set(status, longest);
    return longest;
  }

  tune(partition: number, policy: ShedPolicy, pressure: { readonly share: number; readonly thresholdM: number }): void {
    this.#longest.clear();
    for (const [index, status] of STATUSES.entries()) {
      this.#hints[partition * STATUSES.length + index] = nextPingHint(this.usual, policy, status, pressure);
    }
  }

  jittered(hint: NextPingHint): NextPingHint {
    return jittered(hint, this.usual, this.random());
  }
}
