/**
 * What a partition is usually offered, in pings a second, for an owner that has to share out too little: partitions get parts
 * in proportion to it. It is learnt only while nothing is left waiting there:
 *
 *   usual' = usual + (offered − usual) · (1 − e^(−Δt/τ))        τ = 5 minutes; over the first minutes the plain mean
 *
 * So a partition that becomes crowded doesn't take from the others by being crowded, however long that lasts; and when all
 * of a fleet is too much, each partition gives up the same share. Before anything was learnt, what is offered now counts.
 */
const MEMORY_MS = 300_000;
const KNOWN_AFTER_MS = 10_000;
/** Even a partition that was empty until now gets something. */
const LEAST_PER_SECOND = 0.1;

export class UsualLoad {
  #perSecond = 0;
  #learntMs = 0;

  learn(offeredPerSecond: number, elapsedMs: number): void {
    this.#learntMs = Math.min(MEMORY_MS, this.#learntMs + elapsedMs);
    const weight = Math.max(elapsedMs / this.#learntMs, 1 - Math.exp(-elapsedMs / MEMORY_MS));
    this.#perSecond += (offeredPerSecond - this.#perSecond) * weight;
  }

  /** Pings a second, at least LEAST_PER_SECOND. */
  perSecond(offeredNowPerSecond: number): number {
    const perSecond = this.#learntMs >= KNOWN_AFTER_MS ? this.#perSecond : offeredNowPerSecond;
    return Math.max(LEAST_PER_SECOND, perSecond);
  }
}
