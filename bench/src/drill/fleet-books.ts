import { HomeCells } from '@hexfleet/cells';
import type { Status } from '@hexfleet/ping';
import { DEFAULT_POLICY, type ShedPolicy } from '@hexfleet/shed-policy';
import { ErrorSample, ReaderBelief } from '@hexfleet/shed-trial';
import type { WirePing } from '@hexfleet/wire';
import type { FleetReport, PartitionOfPings, SecondOfPings } from './fleet-plan.js';
import { FleetSilences } from './fleet-silences.js';
import { type DecidedPing, Inversions } from './inversions.js';
import { LAYOUT } from './layout.js';

/** What became of a reading. Coalesced counts as accepted: no two pings of a driver are on the way at once. */
export type Fate = 'accepted' | 'shed' | 'rejected' | 'failed' | 'skipped' | 'heldBack';

/** A reading of a phone, complete. */
export type Reading = WirePing & { readonly driverId: string; readonly status: string };

const WINDOW_MS = 200;
/** By then every answer of a window is there. */
const WINDOW_SETTLED_MS = 5_000;

/** What a fleet knows by its answers alone: which of its pings were accepted, and so what readers believe of each driver. */
export class FleetBooks {
  readonly #cells = new HomeCells(LAYOUT);
  readonly #belief = new ReaderBelief();
  readonly #silences = new FleetSilences(DEFAULT_POLICY.maxSilenceMs);
  readonly #inFrames = new Inversions();
  readonly #inWindows = new Inversions();
  readonly #windows = new Map<number, DecidedPing[]>();
  #errors = new ErrorSample();
  #fates = noFates();
  #partitions = new Map<number, { decided: number; shed: number }>();
  #seconds = new Map<number, { sent: number; accepted: number }>();

  set maxSilenceMs(bounds: ShedPolicy['maxSilenceMs']) {
    this.#silences.maxSilenceMs = bounds;
  }

  /** The fates of pings that left together, each at its place. */
  settle(pings: readonly Reading[], fates: readonly Fate[], leftAtMs: number): void {
    const decided: DecidedPing[] = [];
    for (const [index, ping] of pings.entries()) {
      const fate = fates[index] as Fate;
      const errorM = this.#noteReading(ping, fate);
      this.#countSecond(fate, leftAtMs);
      if (fate === 'accepted' || fate === 'shed') decided.push(this.#decidedOn(ping, errorM, fate === 'shed'));
    }
    this.#inFrames.note(decided);
    const window = Math.floor(leftAtMs / WINDOW_MS);
    const before = this.#windows.get(window);
    if (before === undefined) this.#windows.set(window, decided);
    else before.push(...decided);
    this.#settleWindows(leftAtMs - WINDOW_SETTLED_MS);
  }

  /** A reading that did not leave. */
  keep(ping: Reading, fate: 'heldBack' | 'skipped'): void {
    this.#noteReading(ping, fate);
  }

  /** What was settled since the last time. */
  report(): FleetReport {
    const report = {
      readings: Object.values(this.#fates).reduce((sum, count) => sum + count, 0),
      ...this.#fates,
      error: this.#errors.summary(),
      silence: this.#silences.report(),
      inFrames: this.#inFrames.report(),
      inWindows: this.#inWindows.report(),
      partitions: [...this.#partitions].map(([partition, counts]): PartitionOfPings => ({ partition, ...counts })),
      seconds: [...this.#seconds].map(([second, counts]): SecondOfPings => ({ second, ...counts })),
    };
    this.#errors = new ErrorSample();
    this.#fates = noFates();
    this.#partitions = new Map();
    this.#seconds = new Map();
    return report;
  }

  /** Returns the error that readers had before it. */
  #noteReading(ping: Reading, fate: Fate): number {
    this.#fates[fate]++;
    const fix = { ...ping, latDeg: ping.lat, lngDeg: ping.lng };
    const errorM = this.#belief.errorM(fix);
    if (fate === 'accepted') this.#belief.admit(fix, { headingDeg: ping.headingDeg, speedMps: ping.speedMps });
    const errorAfterM = fate === 'accepted' ? 0 : errorM;
    if (errorAfterM !== undefined) this.#errors.add(errorAfterM);
    return errorM ?? Number.NaN;
  }

  #decidedOn({ driverId, lat, lng, capturedAtMs, status }: Reading, errorM: number, isShed: boolean): DecidedPing {
    const partition = this.#cells.partitionOf(lat, lng);
    const urgency = this.#silences.urgencyOf(driverId, capturedAtMs, status as Status);
    this.#silences.note(driverId, capturedAtMs, status as Status, isShed);
    const counts = this.#partitions.get(partition) ?? { decided: 0, shed: 0 };
    counts.decided++;
    if (isShed) counts.shed++;
    this.#partitions.set(partition, counts);
    return { partition, errorM, isShed, ...urgency };
  }

  #countSecond(fate: Fate, leftAtMs: number): void {
    const second = Math.floor(leftAtMs / 1_000);
    const counts = this.#seconds.get(second) ?? { sent: 0, accepted: 0 };
    counts.sent++;
    if (fate === 'accepted') counts.accepted++;
    this.#seconds.set(second, counts);
  }

  #settleWindows(untilMs: number): void {
    for (const [window, pings] of this.#windows) {
      if (window * WINDOW_MS > untilMs) return;
      this.#inWindows.note(pings);
      this.#windows.delete(window);
    }
  }
}

function noFates(): Record<Fate, number> {
  return { accepted: 0, shed: 0, rejected: 0, failed: 0, skipped: 0, heldBack: 0 };
}
