import { setTimeout as sleep } from 'node:timers/promises';
import type { Ledger } from './ledger.js';
import type { RedisLook } from './redis-look.js';

const EVERY_MS = 200;
export const LATE_MS = 1_000;
/** Of some minutes. */
const MOST_SAMPLES = 1_000;
/** Of a driver that has been silent for longer nothing is visible any more, rightly. */
const FRESH_MS = 8_000;

/** How old the oldest accepted ping is that Redis doesn't show yet, over all drivers. */
export class LagWatch {
  lagMs = 0;
  /** When it was last above a second; 0 for never. */
  lateAtMs = 0;
  #samples: { readonly atMs: number; readonly isLate: boolean }[] = [];
  readonly #watching: Promise<void>;
  #isStopped = false;

  constructor(
    private readonly redis: RedisLook,
    private readonly ledger: Ledger,
  ) {
    this.#watching = this.#watch();
  }

  /** How long after a fault it was below a second again, and stayed there for one; 0 where it never was above. */
  caughtUpMs(struckAtMs: number): number {
    const since = this.#samples.filter(({ atMs }) => atMs >= struckAtMs);
    const lateFrom = since.findIndex(({ isLate }) => isLate);
    if (lateFrom < 0) return 0;
    const isSettled = (atMs: number) =>
      !since.some((one) => one.isLate && one.atMs >= atMs && one.atMs < atMs + LATE_MS);
    const caughtUp = since.slice(lateFrom).find(({ atMs }) => isSettled(atMs));
    return (caughtUp?.atMs ?? Date.now()) - struckAtMs;
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#watching;
  }

  async #watch(): Promise<void> {
    while (!this.#isStopped) {
      const fresh = this.ledger.fresh(Date.now(), FRESH_MS);
      const seen = await this.redis.fleet().catch(() => undefined);
      const nowMs = Date.now();
      let lagMs = 0;
      for (const driverId of seen === undefined ? [] : fresh) {
        const shownAtMs = Math.max(0, ...(seen?.drivers.get(driverId) ?? []).map(({ capturedAtMs }) => capturedAtMs));
        lagMs = Math.max(lagMs, this.ledger.lagMs(driverId, shownAtMs, nowMs));
      }
      this.lagMs = seen === undefined ? Number.POSITIVE_INFINITY : lagMs;
      const isLate = this.lagMs > LATE_MS;
      if (isLate) this.lateAtMs = nowMs;
      this.#samples = [...this.#samples.slice(-MOST_SAMPLES), { atMs: nowMs, isLate }];
      await sleep(EVERY_MS);
    }
  }
}
