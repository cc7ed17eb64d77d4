/**
 * A token bucket over all partitions of a writer, for drills: holds it to so many pings a second. What there is at a beat is
 * shared out by weight, max-min: who needs less than its part gets all of it, and the others share what that leaves. So a
 * partition that is more crowded than usual takes nothing from a calm one, as it would where all wait in one queue.
 * Source: weighted max-min fairness by water-filling, D. Bertsekas, R. Gallager, "Data Networks" (1992), 6.5.2.
 *
 * Batches are taken whole: what a partition took beyond its part it owes, and pays at the next beats.
 */
export interface Needy {
  readonly partition: number;
  /** Pings that wait. */
  readonly pings: number;
  /** Greater than 0: parts are in proportion to it. */
  readonly weight: number;
}

export class WriteBudget {
  #tokens = 0;
  #refilledAtMs = 0;
  readonly #owed = new Map<number, number>();

  /** `mostGatheredMs`: tokens gathered while nothing was to do are those of so long; at least what lies between two beats. */
  constructor(
    private readonly pingsPerSecond: number,
    private readonly mostGatheredMs: number,
  ) {}

  refill(nowMs: number): void {
    // A clock that was put back gives nothing, and takes nothing.
    const gathered = (this.pingsPerSecond * Math.max(0, nowMs - this.#refilledAtMs)) / 1_000;
    this.#refilledAtMs = nowMs;
    const most = Math.max(1, (this.pingsPerSecond * this.mostGatheredMs) / 1_000);
    this.#tokens = Math.min(most, this.#tokens + gathered);
  }

  /** Pings that a partition took beyond its part, and has not paid for. */
  owedBy(partition: number): number {
    return Math.max(0, this.#owed.get(partition) ?? 0);
  }

  /**
   * Shares out the tokens. `take` is told of a partition and of how many pings it may take, and returns how many it took;
   * `onPart` is told what each partition's part was, whether taken or paid with.
   */
  share(
    needy: readonly Needy[],
    take: (partition: number, pings: number) => number,
    onPart: (partition: number, pings: number) => void = () => {},
  ): void {
    const weights = needy.reduce((sum, { weight }) => sum + weight, 0);
    // A partition of a few pings has no use for a part of one: every beat holds one for it.
    const least = weights / Math.max(1, this.#tokens);
    const weighed = needy.map((one) => ({ ...one, weight: Math.max(one.weight, least) }));
    let weightLeft = weighed.reduce((sum, { weight }) => sum + weight, 0);
    for (const { partition, pings, weight } of weighed.sort((a, b) => a.pings / a.weight - b.pings / b.weight)) {
      const owed = this.#owed.get(partition) ?? 0;
      const part = Math.min(pings + owed, (this.#tokens * weight) / weightLeft);
      weightLeft -= weight;
      this.#tokens -= part;
      onPart(partition, part);
      const allowed = part - owed;
      const took = allowed >= 1 ? take(partition, Math.floor(allowed)) : 0;
      const owes = took - allowed;
      // What was allowed and not taken, because a write was under way, is no debt of others: it goes back.
      if (took === 0 && allowed > 1) this.#tokens += allowed - 1;
      this.#owed.set(partition, took === 0 ? Math.max(owes, -1) : owes);
    }
  }
}
