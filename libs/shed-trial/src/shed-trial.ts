/**
 * Valid pings through the real load shedder under one policy and an assumed pressure:
 *
 *   adaptive   the share given is that of every partition, all the time
 *   fixed      its own level; the share given isn't used
 *   off        nothing is shed
 *   shadow     what it would shed is told as shed
 *
 * Position error of a fix: metres between it and where readers believe its driver to be once the ping was decided on, 0 for
 * an admitted one. A driver of which readers know nothing yet has no error: it is counted as unknown.
 */
import { LoadShedder } from '@hexfleet/load-shedding';
import { type Ping, STATUSES, type Status } from '@hexfleet/ping';
import type { ShedPolicy } from '@hexfleet/shed-policy';
import { ErrorSample, type ErrorSummary } from './error-sample.js';
import { ReaderBelief } from './reader-belief.js';
import { Silences } from './silences.js';

/** As many drivers as a gateway remembers by its default. */
const DRIVERS_REMEMBERED = 500_000;
/** As often as a gateway tunes, in the trace's time. */
const TUNE_EVERY_MS = 200;

export interface TrialSetting {
  readonly policy: ShedPolicy;
  /** The share of pings to admit, 0…1, that adaptive policies are run at. */
  readonly share: number;
  readonly partitions?: number;
  /** 0…partitions − 1; one partition where it isn't given. */
  readonly partitionOf?: (latDeg: number, lngDeg: number) => number;
  readonly tuneEveryMs?: number;
  readonly driversRemembered?: number;
}

export interface StatusReport {
  readonly pings: number;
  readonly shed: number;
  /** Pings of drivers of which readers knew nothing and went on knowing nothing. */
  readonly unknown: number;
  readonly error: ErrorSummary;
  readonly longestSilenceMs: number;
}

/** By status, and over all. */
export interface ShedReport {
  readonly all: StatusReport;
  readonly byStatus: Readonly<Record<Status, StatusReport>>;
}

export class ShedTrial {
  readonly #shedder: LoadShedder;
  readonly #inForce: { readonly policy: ShedPolicy; readonly overrideId: undefined };
  readonly #belief = new ReaderBelief();
  readonly #silences = new Silences();
  readonly #all = new StatusTally();
  readonly #byStatus = Object.fromEntries(STATUSES.map((status) => [status, new StatusTally()])) as StatusTallies;
  /** Partitions with pings since the last tuning. */
  readonly #stirred = new Set<number>();
  #tunedAtMs = Number.NEGATIVE_INFINITY;

  constructor(private readonly setting: TrialSetting) {
    const { policy, partitions = 1, driversRemembered = DRIVERS_REMEMBERED } = setting;
    this.#shedder = new LoadShedder(partitions, { driversRemembered });
    this.#inForce = { policy, overrideId: undefined };
    for (let partition = 0; partition < partitions; partition++) this.#stirred.add(partition);
  }

  /** Decides on a valid ping; true when it is admitted. Pings come by time, or nearly so. */
  take(ping: Ping): boolean {
    this.#tune(ping.capturedAtMs);
    const partition = this.setting.partitionOf?.(ping.latDeg, ping.lngDeg) ?? 0;
    this.#stirred.add(partition);
    const code = this.#shedder.decide(ping, partition, this.#inForce);
    const isShed = code !== undefined || this.#shedder.isShadowShed;
    if (!isShed) this.#belief.admit(ping, this.#shedder.withInferredMotion(ping));
    const errorM = isShed ? this.#belief.errorM(ping) : 0;
    const silentMs = this.#silences.note(ping.driverId, ping.capturedAtMs, isShed);
    this.#all.note(isShed, errorM, silentMs);
    this.#byStatus[ping.status].note(isShed, errorM, silentMs);
    return !isShed;
  }

  report(): ShedReport {
    const byStatus = STATUSES.map((status) => [status, this.#byStatus[status].report()]);
    return { all: this.#all.report(), byStatus: Object.fromEntries(byStatus) };
  }

  #tune(nowMs: number): void {
    const { share, tuneEveryMs = TUNE_EVERY_MS } = this.setting;
    if (nowMs - this.#tunedAtMs < tuneEveryMs) return;
    this.#tunedAtMs = nowMs;
    for (const partition of this.#stirred) {
      this.#shedder.tunePartition(partition, share);
      this.#shedder.endPeriod(partition);
    }
    this.#stirred.clear();
  }
}

type StatusTallies = Readonly<Record<Status, StatusTally>>;

class StatusTally {
  #pings = 0;
  #shed = 0;
  #unknown = 0;
  #longestSilenceMs = 0;
  readonly #errors = new ErrorSample();

  note(isShed: boolean, errorM: number | undefined, silentMs: number): void {
    this.#pings++;
    if (isShed) this.#shed++;
    if (errorM === undefined) this.#unknown++;
    else this.#errors.add(errorM);
    this.#longestSilenceMs = Math.max(this.#longestSilenceMs, silentMs);
  }

  report(): StatusReport {
    return {
      pings: this.#pings,
      shed: this.#shed,
      unknown: this.#unknown,
      error: this.#errors.summary(),
      longestSilenceMs: this.#longestSilenceMs,
    };
  }
}
