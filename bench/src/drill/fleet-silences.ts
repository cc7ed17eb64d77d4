import { STATUSES, type Status } from '@hexfleet/ping';
import type { ShedPolicy } from '@hexfleet/shed-policy';
import type { SilenceReport } from './fleet-plan.js';

/** As the gateway has it: the longest gap between two pings that is taken for a habit. */
const LONGEST_GAP_MS = 60_000;

interface Silence {
  /** Of the last ping that was admitted, as its place in STATUSES; −1 of none. */
  believed: number;
  /** Of the last ping that was admitted, or else of the first. */
  sinceMs: number;
  pingedAtMs: number;
  /** The lowest status of the pings since. */
  lowest: number;
}

/** What counts of a ping besides its error. */
export interface Urgency {
  /** The place in STATUSES of the status that counts: of two, the higher. */
  readonly rank: number;
  /** Its driver's silence by the next ping, if that takes as long as this one did, as a multiple of its bound. */
  readonly lateness: number;
  readonly isUrgent: boolean;
}

/**
 * How long drivers go without an admitted ping, kept by their answers alone. A silence counts for the lowest status that its
 * driver had in it: who becomes available after a long spell as idle could not have been heard sooner.
 */
export class FleetSilences {
  readonly #byDriver = new Map<string, Silence>();
  #reports = emptyReports();

  constructor(public maxSilenceMs: ShedPolicy['maxSilenceMs']) {}

  /** Before a ping counts: how urgent it is. */
  urgencyOf(driverId: string, capturedAtMs: number, status: Status): Urgency {
    const given = STATUSES.indexOf(status);
    const silence = this.#byDriver.get(driverId);
    if (silence === undefined) return { rank: given, lateness: 0, isUrgent: false };
    const isChanged = silence.believed >= 0 && silence.believed !== given;
    const rank = isChanged ? Math.min(silence.believed, given) : given;
    const gapMs = Math.max(0, Math.min(LONGEST_GAP_MS, capturedAtMs - silence.pingedAtMs));
    const lateness = (capturedAtMs - silence.sinceMs + gapMs) / this.maxSilenceMs[STATUSES[rank] as Status];
    return { rank, lateness: isChanged ? Math.max(1, lateness) : lateness, isUrgent: isChanged || lateness > 1 };
  }

  note(driverId: string, capturedAtMs: number, status: Status, isShed: boolean): void {
    const rank = STATUSES.indexOf(status);
    const silence = this.#byDriver.get(driverId) ?? this.#newSilence(driverId, capturedAtMs, rank);
    silence.pingedAtMs = capturedAtMs;
    silence.lowest = Math.max(silence.lowest, rank);
    this.#report(silence, capturedAtMs - silence.sinceMs);
    if (isShed) return;
    silence.sinceMs = capturedAtMs;
    silence.lowest = 0;
    silence.believed = rank;
  }

  /** What was noted since the last time. */
  report(): Readonly<Record<Status, SilenceReport>> {
    const reports = this.#reports;
    this.#reports = emptyReports();
    return reports;
  }

  #newSilence(driverId: string, capturedAtMs: number, lowest: number): Silence {
    const silence = { believed: -1, sinceMs: capturedAtMs, pingedAtMs: capturedAtMs, lowest };
    this.#byDriver.set(driverId, silence);
    return silence;
  }

  #report({ lowest }: Silence, silentMs: number): void {
    const status = STATUSES[lowest] as Status;
    const { pings, longestMs, beyondBound } = this.#reports[status];
    this.#reports[status] = {
      pings: pings + 1,
      longestMs: Math.max(longestMs, silentMs),
      beyondBound: beyondBound + Number(silentMs > this.maxSilenceMs[status]),
    };
  }
}

function emptyReports(): Record<Status, SilenceReport> {
  const none = { pings: 0, longestMs: 0, beyondBound: 0 };
  return { on_trip: none, en_route: none, available: none, idle: none };
}
