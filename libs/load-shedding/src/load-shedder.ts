/**
 * Decides on each valid ping, in under a microsecond: what it is worth (ping-priority), and whether that is enough under
 * the policy in force and the pressure of its partition (value-quantiles).
 *
 *   adaptive   the share of its partition: code `low_value`
 *   fixed      1 − fixedLevel of all pings under that policy: code `fixed_level`
 *   off        everything is admitted
 *   override   whichever mode an override has set for the ping: code `override`
 *   shadow     decides as it would, and admits; what readers would then believe is what the next decisions start from
 *
 * Who asks tunes partitions every few hundred milliseconds; thresholds hold in between. Those of mode `fixed` follow the
 * values by themselves, every so many pings.
 */
import { fnv1a32 } from '@hexfleet/geo-partition';
import { type ShedCode, STATUSES, type Status, statusIndexOf } from '@hexfleet/ping';
import type { ShedPolicy } from '@hexfleet/shed-policy';
import { BelievedFixes, type SeenFix } from './believed-fixes.js';
import { coinOf, PingPriority } from './ping-priority.js';
import { LONG_MEMORY, SHORT_MEMORY, ValueQuantiles } from './value-quantiles.js';

/** What is decided on. */
export interface SheddablePing extends SeenFix {
  readonly status: Status;
}

/** What of a ping's motion was worked out from the way between two fixes. */
export interface InferredMotion {
  readonly isHeadingInferred?: boolean;
  readonly isSpeedInferred?: boolean;
}

/** The policy that a ping falls under. The same object stands for the same policy: thresholds are kept by it. */
export interface PolicyOfPing {
  readonly policy: ShedPolicy;
  /** The override that set the mode here, if one did. */
  readonly overrideId: string | undefined;
}

/** All that the last decision followed from, for operators who ask why. */
export interface Explanation {
  /** Metres; undefined where readers believe nothing. */
  readonly errorM: number | undefined;
  readonly valueM: number;
  readonly silenceMs: number;
  readonly isUrgent: boolean;
  /** Of an urgent ping: how far past its bound its silence would be, with its status and chance in it; else 0. */
  readonly urgency: number;
  readonly thresholdM: number;
  readonly share: number;
  readonly stretch: number;
}

/** With mode `fixed`, the threshold is set anew after so many pings. */
const FIXED_TUNING_PINGS = 100;
/** Levels and overrides of which thresholds are remembered; past it all are learnt anew. */
const MAX_LEVELS = 1_000;

export class LoadShedder {
  readonly #believed: BelievedFixes;
  readonly #byPartition: (ValueQuantiles | undefined)[];
  /** With mode `fixed`: one set of quantiles for each level and override, over all partitions; found by policy at once. */
  readonly #byLevel = new Map<string, ValueQuantiles>();
  readonly #byFixedPolicy = new WeakMap<PolicyOfPing, ValueQuantiles>();
  readonly #priority = new PingPriority();
  #quantiles: ValueQuantiles;
  #valueM = 0;
  #isUrgent = false;

  /** Whether the last ping would have been shed if its policy were no shadow. */
  isShadowShed = false;

  constructor(partitions: number, { driversRemembered }: { readonly driversRemembered: number }) {
    this.#believed = new BelievedFixes(driversRemembered);
    this.#byPartition = new Array(partitions).fill(undefined);
    this.#quantiles = this.#ofPartition(0);
  }

  /** Drivers remembered. */
  get drivers(): number {
    return this.#believed.size;
  }

  /** The ping last decided on, with the heading and speed that its phone left out and its last fixes tell. */
  withInferredMotion<Kind extends SheddablePing>(ping: Kind): Kind & InferredMotion {
    const { inferredHeadingDeg, inferredSpeedMps } = this.#believed;
    const isHeadingInferred = !Number.isNaN(inferredHeadingDeg);
    const isSpeedInferred = !Number.isNaN(inferredSpeedMps);
    if (!isHeadingInferred && !isSpeedInferred) return ping;
    return {
      ...ping,
      ...(isHeadingInferred && { headingDeg: inferredHeadingDeg, isHeadingInferred }),
      ...(isSpeedInferred && { speedMps: inferredSpeedMps, isSpeedInferred }),
    };
  }

  /** Of the last decision. */
  get explanation(): Explanation {
    const { errorM, silenceMs } = this.#believed;
    const { thresholdM, share, stretch } = this.#quantiles;
    return {
      errorM: Number.isNaN(errorM) ? undefined : errorM,
      // Of a newcomer nothing is known: what pings are worth in the middle.
      valueM: Number.isNaN(this.#valueM) ? this.#quantiles.medianM : this.#valueM,
      silenceMs,
      isUrgent: this.#isUrgent,
      urgency: this.#priority.urgency,
      thresholdM,
      share,
      stretch,
    };
  }

  /** Undefined: the ping is admitted, and believed from now on. Else why it is shed. */
  decide(ping: SheddablePing, partition: number, inForce: PolicyOfPing): ShedCode | undefined {
    const isShed = this.#isShed(ping, partition, inForce);
    this.#believed.remember(ping);
    if (inForce.policy.mode === 'off') this.#quantiles.watch(this.#priority);
    else this.#quantiles.note(this.#priority, !isShed);
    if (!isShed) this.#believed.admit(ping, statusIndexOf(ping.status));
    const { policy, overrideId } = inForce;
    this.isShadowShed = isShed && policy.shadow;
    if (!isShed || policy.shadow) return undefined;
    if (overrideId !== undefined) return 'override';
    return policy.mode === 'fixed' ? 'fixed_level' : 'low_value';
  }

  /**
   * Whether a ping, of which no more is known than this takes, is to be dropped. If not, nothing has changed: it is for
   * `decide` to say. So it is with drivers that aren't remembered, and with pings that aren't newer than what was seen.
   */
  drops(ping: SheddablePing, partition: number, inForce: PolicyOfPing): boolean {
    if (inForce.policy.shadow || !this.#isShed(ping, partition, inForce)) return false;
    if (!this.#believed.isNewest) return false;
    this.#believed.remember(ping);
    this.#quantiles.note(this.#priority, false);
    return true;
  }

  /** Sets a partition's threshold by the share of pings to admit there, 0…1. */
  tunePartition(partition: number, share: number): void {
    this.#ofPartition(partition).tune(share);
  }

  /** Lets what is remembered of a partition's values fade; called at even intervals. */
  endPeriod(partition: number): void {
    this.#byPartition[partition]?.fade();
  }

  /** A ping that was admitted did not get through: if it was its driver's last, the driver is due. */
  forget(ping: Pick<SheddablePing, 'driverId' | 'capturedAtMs'>): void {
    this.#believed.forget(ping);
  }

  /** Weighted metres that a ping of the partition must be worth, and by how much bounds are stretched there. */
  pressureOf(partition: number, inForce: PolicyOfPing): { readonly thresholdM: number; readonly stretch: number } {
    if (inForce.policy.mode === 'off') return { thresholdM: 0, stretch: 1 };
    return this.#quantilesFor(partition, inForce);
  }

  #isShed(ping: SheddablePing, partition: number, inForce: PolicyOfPing): boolean {
    const { policy } = inForce;
    const statusIndex = statusIndexOf(ping.status);
    const boundMs = policy.maxSilenceMs[ping.status];
    const driverHash = fnv1a32(ping.driverId);
    this.#believed.look(ping, boundMs * coinOf(driverHash, 0));
    this.#quantiles = this.#quantilesFor(partition, inForce);
    this.#weigh(policy, statusIndex, coinOf(driverHash, ping.capturedAtMs));
    return policy.mode !== 'off' && !this.#quantiles.admits(this.#priority);
  }

  #quantilesFor(partition: number, inForce: PolicyOfPing): ValueQuantiles {
    return inForce.policy.mode === 'fixed' ? this.#ofFixedPolicy(inForce) : this.#ofPartition(partition);
  }

  #ofPartition(partition: number): ValueQuantiles {
    this.#byPartition[partition] ??= new ValueQuantiles(SHORT_MEMORY);
    return this.#byPartition[partition];
  }

  #ofFixedPolicy(inForce: PolicyOfPing): ValueQuantiles {
    const quantiles = this.#byFixedPolicy.get(inForce) ?? this.#ofLevel(inForce);
    if (quantiles.notedSinceTuned >= FIXED_TUNING_PINGS) {
      quantiles.tune(1 - inForce.policy.fixedLevel);
      quantiles.fade();
    }
    return quantiles;
  }

  /** Policies come and go with every change; what was learnt for a level goes on. */
  #ofLevel(inForce: PolicyOfPing): ValueQuantiles {
    const { fixedLevel } = inForce.policy;
    const key = `${fixedLevel} ${inForce.overrideId ?? ''}`;
    let quantiles = this.#byLevel.get(key);
    if (quantiles === undefined) {
      if (this.#byLevel.size >= MAX_LEVELS) this.#byLevel.clear();
      quantiles = new ValueQuantiles(LONG_MEMORY);
      quantiles.tune(1 - fixedLevel);
      this.#byLevel.set(key, quantiles);
    }
    this.#byFixedPolicy.set(inForce, quantiles);
    return quantiles;
  }

  #weigh({ weights, maxSilenceMs }: ShedPolicy, statusIndex: number, coin: number): void {
    const { errorM, silenceAtNextMs, statusIndex: believedIndex } = this.#believed;
    const isChanged = believedIndex >= 0 && believedIndex !== statusIndex;
    // Of a change of status the higher one counts, whichever way it goes.
    const urgentIndex = isChanged ? Math.min(believedIndex, statusIndex) : statusIndex;
    const lateness = silenceAtNextMs / maxSilenceMs[STATUSES[urgentIndex] as Status];
    this.#isUrgent = isChanged || lateness > 1;
    if (this.#isUrgent) {
      this.#valueM = Number.POSITIVE_INFINITY;
      this.#priority.ofUrgency(Math.max(1, lateness), urgentIndex, coin);
    } else if (Number.isNaN(errorM)) {
      this.#valueM = Number.NaN;
      this.#priority.ofNewcomer(coin);
    } else {
      this.#valueM = weights[STATUSES[statusIndex] as Status] * errorM;
      this.#priority.ofValue(this.#valueM, statusIndex, coin);
    }
  }
}
