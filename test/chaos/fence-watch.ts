import { setTimeout as sleep } from 'node:timers/promises';
import type { PartitionLook, RedisLook } from './redis-look.js';
import type { Violations } from './violations.js';

const EVERY_MS = 50;

/** When partitions that lost their owner were somebody's again, and written again; ms since. */
export interface TakeOver {
  readonly sinceMs: number;
  /** By partition: its epoch before, and once they are known the two times. */
  readonly partitions: Map<number, { readonly epoch: number; takenMs?: number; writtenMs?: number }>;
}

/**
 * Looks at all headers, twenty times a second: the epoch, the counter of claims and the counter of writes never fall, and
 * each write counted once. A former owner that wrote where it counts would show.
 */
export class FenceWatch {
  /** That were answered. */
  looks = 0;
  takeOver: TakeOver | undefined;
  readonly #last = new Map<number, PartitionLook>();
  readonly #watching: Promise<void>;
  #isSuspended = false;
  #isStopped = false;

  constructor(
    private readonly redis: RedisLook,
    private readonly violations: Violations,
  ) {
    this.#watching = this.#watch();
  }

  /** While Redis loses data or goes back in time, so may what it holds. */
  suspend(): void {
    this.#isSuspended = true;
    this.#last.clear();
  }

  resume(): void {
    this.#last.clear();
    this.#isSuspended = false;
  }

  /** From now on these partitions have no owner that writes. */
  expectTakeOver(partitions: readonly number[]): TakeOver {
    const epochs = partitions.map(
      (partition) => [partition, { epoch: this.#last.get(partition)?.epoch ?? 0 }] as const,
    );
    this.takeOver = { sinceMs: Date.now(), partitions: new Map(epochs) };
    return this.takeOver;
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#watching;
  }

  async #watch(): Promise<void> {
    while (!this.#isStopped) {
      const askedMs = Date.now();
      const looks = await this.redis.partitions().catch(() => undefined);
      for (const look of looks ?? []) {
        this.#timeTakeOver(look);
        if (!this.#isSuspended) this.#judge(look);
      }
      if (looks !== undefined) this.looks++;
      await sleep(Math.max(5, EVERY_MS - (Date.now() - askedMs)));
    }
  }

  #judge(now: PartitionLook): void {
    const before = this.#last.get(now.partition);
    this.#last.set(now.partition, now);
    const evidence = { before, now };
    const { n, count, unbuilt } = now.header;
    if (unbuilt !== undefined) return;
    if (n !== count) this.violations.add('fence', `partition ${now.partition}: write ${n} is the ${count}th`, evidence);
    if (before === undefined || before.header.unbuilt !== undefined) return;
    const order = now.epoch - before.epoch || now.k - before.k;
    if (order < 0) this.violations.add('fence', `partition ${now.partition} went back to an older claim`, evidence);
    if (order === 0 && Number(n) < Number(before.header.n)) {
      this.violations.add(
        'fence',
        `partition ${now.partition} went back from write ${before.header.n} to ${n}`,
        evidence,
      );
    }
  }

  #timeTakeOver({ partition, epoch, header }: PartitionLook): void {
    const one = this.takeOver?.partitions.get(partition);
    if (one === undefined || this.takeOver === undefined || epoch <= one.epoch) return;
    const sinceMs = Date.now() - this.takeOver.sinceMs;
    one.takenMs ??= sinceMs;
    if (Number(header.at ?? 0) > this.takeOver.sinceMs) one.writtenMs ??= sinceMs;
  }
}
