/**
 * A token bucket over all partitions of a writer, for drills: holds it to so many pings a second. It may be overdrawn by
 * one batch, which the next refill pays for. Without a limit there is always enough.
 */
export class WriteBudget {
  private tokens = 0;
  private refilledAtMs = 0;
  private turn = 0;

  /** @param pingsPerSecond 0 for no limit. */
  constructor(private readonly pingsPerSecond: number) {}

  get left(): number {
    return this.pingsPerSecond === 0 ? Number.POSITIVE_INFINITY : this.tokens;
  }

  refill(nowMs: number): void {
    const elapsedMs = Math.min(1_000, nowMs - this.refilledAtMs);
    this.refilledAtMs = nowMs;
    this.tokens = Math.min(this.pingsPerSecond, this.tokens + (this.pingsPerSecond * elapsedMs) / 1_000);
  }

  spend(pings: number): void {
    this.tokens -= pings;
  }

  /** The same partitions, starting with another one each time, so that a scarce budget goes round. */
  inTurn<Partition>(partitions: readonly Partition[]): Partition[] {
    if (partitions.length === 0) return [];
    this.turn = (this.turn + 1) % partitions.length;
    return [...partitions.slice(this.turn), ...partitions.slice(0, this.turn)];
  }
}
