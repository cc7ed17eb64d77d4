/**
 * How many valid pings a second come in, by partition, before any is shed: a moving mean over about a second,
 *
 *   rate' = rate · e^(−Δt/τ) + (pings in Δt / Δt) · (1 − e^(−Δt/τ))        pings a second, τ = 1 s
 *
 * Where the pings of one period are more than chance explains, expected + 4·√expected + 4, the rate is that of the period at
 * once: a crowd that has just come must not be a second's news.
 */
const MEMORY_MS = 1_000;
/** Less than a ping in 20 s is none. */
const NOTHING = 0.05;

export class OfferedPings {
  readonly #counts: Float64Array;
  readonly #rates: Float64Array;

  constructor(partitions: number) {
    this.#counts = new Float64Array(partitions);
    this.#rates = new Float64Array(partitions);
  }

  note(partition: number): void {
    this.#counts[partition] = (this.#counts[partition] as number) + 1;
  }

  /** Ends a period. */
  settle(elapsedMs: number): void {
    const kept = Math.exp(-elapsedMs / MEMORY_MS);
    for (let partition = 0; partition < this.#rates.length; partition++) {
      const perSecond = ((this.#counts[partition] as number) * 1_000) / elapsedMs;
      const before = this.#rates[partition] as number;
      const expected = (before * elapsedMs) / 1_000;
      const isJump = (this.#counts[partition] as number) > expected + 4 * Math.sqrt(expected) + 4;
      const rate = isJump ? perSecond : before * kept + perSecond * (1 - kept);
      this.#rates[partition] = rate < NOTHING ? 0 : rate;
      this.#counts[partition] = 0;
    }
  }

  perSecond(partition: number): number {
    return this.#rates[partition] as number;
  }
}
