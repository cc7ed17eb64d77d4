/**
 * The share of pings that gateways admit to a partition, so that pings wait for its writer as long as the target says and no
 * longer. Its owner runs it, where lag is known without delay, and tells the gateways; so all of them, one that has just
 * started too, admit the same share.
 *
 *   u = max(0, ln(offered / taken) + trim + K_p·x)             share = e^(−u), held to MIN_SHARE…1
 *   x = (waiting / taken − aim) / aim, held to −1…16           trim' = K_i·y while |y| ≤ 1, held to −1…1
 *   y = (lag − aim) / aim                                      aim = AIM · target
 *
 * offered: pings a second that come in at the gateways. taken: pings a second that the writer took while some were left
 * waiting, which is what it can take; with none left waiting that is unknown, and the estimate rises by a fifth a second, up
 * to twice what is offered.
 * waiting / taken is how long a ping that comes now will wait (Little's law); lag, how long the oldest has waited, tells the
 * same only after that time, and is what counts in the long run.
 * The first term knows at once by how much there is too much; the other two, a proportional-integral controller on queueing
 * delay, bring the queue to its target and keep it there. In u the loop has the same gain at any overload, since a queue
 * grows by (offered · share / taken − 1) seconds a second.
 * Where no gateway tells what is offered, the first term is 0, and the other two do it alone, without those bounds.
 * Source: Uber's Cinnamon (V. Sørensen, J. Bang-Jensen, "Cinnamon: Using Century Old Tech to Build a Mean Load Shedder",
 * 2023); K. Åström, T. Hägglund, "Advanced PID Control" (2006) for feed-forward and anti-windup.
 */
/** The queue is kept at this part of the target: it is never still, and the target is for how it is at its worst. */
const AIM = 0.5;
const PROPORTIONAL = 0.12;
const MAX_X = 16;
const INTEGRAL_PER_SECOND = 0.05;
const MAX_TRIM = 1;
const RATE_MEMORY_MS = 1_500;
const PROBE_PER_SECOND = 0.2;
/** Nothing is learnt from a gap longer than this. */
const LONGEST_PERIOD_MS = 1_000;
export const MIN_SHARE = 0.005;

/** What the owner saw since the last time. */
export interface SharePeriod {
  readonly nowMs: number;
  /** Age of the oldest ping that waits. */
  readonly lagMs: number;
  readonly targetLagMs: number;
  /** At all gateways; undefined when none has told. */
  readonly offeredPerSecond: number | undefined;
  readonly takenPings: number;
  /** Left waiting. */
  readonly waitingPings: number;
}

export class ShareController {
  #lastMs: number | undefined;
  #takenPerSecond: number | undefined;
  /** Taken of late, whether any were left waiting or not. */
  #servedPerSecond = 0;
  #trim = 0;
  #share: number;

  /** `share`: what gateways admit now, for an owner that takes over: a first guess at what a writer takes. */
  constructor(share = 1) {
    this.#share = share;
  }

  get share(): number {
    return this.#share;
  }

  update(period: SharePeriod): number {
    const elapsedMs = Math.min(LONGEST_PERIOD_MS, period.nowMs - (this.#lastMs ?? period.nowMs));
    if (this.#lastMs === undefined && this.#share < 1 && period.offeredPerSecond !== undefined) {
      this.#takenPerSecond = period.offeredPerSecond * this.#share;
    }
    this.#lastMs = period.nowMs;
    if (elapsedMs <= 0) return this.#share;
    this.#learnCapacity(period, elapsedMs);
    const aimMs = AIM * period.targetLagMs;
    const x = Math.max(-1, Math.min(MAX_X, this.#waitMs(period) / aimMs - 1));
    const forward = this.#forward(period.offeredPerSecond);
    // A queue far from its target tells of a sudden change, not of what is off in the long run.
    const y = period.lagMs / aimMs - 1;
    const isBlind = period.offeredPerSecond === undefined;
    const drift = isBlind || Math.abs(y) <= 1 ? y : 0;
    const trim = this.#trim + (INTEGRAL_PER_SECOND * drift * elapsedMs) / 1_000;
    // No trim that would only push below no pressure at all.
    this.#trim = Math.max(-Math.min(MAX_TRIM, forward), Math.min(isBlind ? -Math.log(MIN_SHARE) : MAX_TRIM, trim));
    const pressure = forward + this.#trim + PROPORTIONAL * x;
    this.#share = Math.max(MIN_SHARE, Math.min(1, Math.exp(-pressure)));
    return this.#share;
  }

  #learnCapacity({ takenPings, waitingPings, offeredPerSecond = 0 }: SharePeriod, elapsedMs: number): void {
    const perSecond = (takenPings * 1_000) / elapsedMs;
    const kept = Math.exp(-elapsedMs / RATE_MEMORY_MS);
    this.#servedPerSecond = this.#servedPerSecond * kept + perSecond * (1 - kept);
    const known = this.#takenPerSecond;
    if (waitingPings === 0) {
      if (known === undefined) return;
      // What a writer has just taken, it can take. A guess far past what is offered is worth nothing when more comes.
      const probed = known * (1 + (PROBE_PER_SECOND * elapsedMs) / 1_000);
      this.#takenPerSecond = Math.max(Math.min(probed, Math.max(known, 2 * offeredPerSecond)), this.#servedPerSecond);
    } else if (takenPings > 0) {
      this.#takenPerSecond = (known ?? perSecond) * kept + perSecond * (1 - kept);
    }
    // Nothing taken though pings wait is a write that takes long: it tells of no capacity, and the wait grows by itself.
  }

  #waitMs({ waitingPings, lagMs }: SharePeriod): number {
    const taken = this.#takenPerSecond;
    return taken === undefined ? lagMs : (waitingPings * 1_000) / Math.max(taken, 1e-3);
  }

  #forward(offeredPerSecond: number | undefined): number {
    const taken = this.#takenPerSecond;
    if (taken === undefined || offeredPerSecond === undefined || offeredPerSecond <= taken) return 0;
    return Math.min(-Math.log(MIN_SHARE), Math.log(offeredPerSecond / Math.max(taken, 1e-3)));
  }
}
