/**
 * Counts pings that were shed though one that counts less was admitted. One counts less than another when its status is
 * lower and it is worth no more before weighting:
 *
 *   neither is urgent    its error is not greater, by `SLACK_M`
 *   both are             its lateness (silence by the next ping ÷ bound, at least 1) is not greater
 *   one is               the other one
 *
 * Urgent is a ping without which its driver would pass its bound, and one of another status than the last that was admitted;
 * of the two statuses the higher counts then.
 *
 * Errors are metres between a fix and where readers believed its driver to be, kept by the answers alone. Pings of drivers of
 * which nothing was admitted yet have no error, and are left out.
 */
import type { InversionReport } from './fleet-plan.js';

/** Of the gateway's plane against the sphere here, and of cars that all but stand, which it carries on. */
const SLACK_M = 15;

/** A ping that was decided on. */
export interface DecidedPing {
  readonly partition: number;
  /** 0 is the highest. */
  readonly rank: number;
  readonly errorM: number;
  readonly lateness: number;
  readonly isUrgent: boolean;
  readonly isShed: boolean;
}

export class Inversions {
  #compared = 0;
  #inverted = 0;

  /** Pings that one set of thresholds decided on. */
  note(pings: readonly DecidedPing[]): void {
    for (const together of byPartition(pings)) {
      const admitted = together.filter(({ isShed }) => !isShed);
      for (const ping of together) {
        if (!ping.isShed || !together.some((other) => countsLess(other, ping))) continue;
        this.#compared++;
        if (admitted.some((other) => countsLess(other, ping))) this.#inverted++;
      }
    }
  }

  /** What was noted since the last time. */
  report(): InversionReport {
    const report = { compared: this.#compared, inverted: this.#inverted };
    this.#compared = 0;
    this.#inverted = 0;
    return report;
  }
}

function byPartition(pings: readonly DecidedPing[]): Iterable<DecidedPing[]> {
  const groups = new Map<number, DecidedPing[]>();
  for (const ping of pings) {
    if (Number.isNaN(ping.errorM)) continue;
    const group = groups.get(ping.partition);
    if (group === undefined) groups.set(ping.partition, [ping]);
    else group.push(ping);
  }
  return groups.values();
}

function countsLess(ping: DecidedPing, than: DecidedPing): boolean {
  if (ping.rank <= than.rank) return false;
  if (ping.isUrgent !== than.isUrgent) return than.isUrgent;
  return ping.isUrgent ? ping.lateness <= than.lateness : ping.errorM <= than.errorM - SLACK_M;
}
