import { Random } from '@hexfleet/fleet-simulation';
import type { RedisAtHand } from './redis-at-hand.js';

/** Something in Redis, and its model in the simulation: asked the same, step by step, they have to say and hold the same. */
export abstract class ModelledPair {
  /** How often each outcome came. */
  readonly seen = new Map<string, number>();
  protected readonly random: Random;
  #putBack: (() => Promise<void>) | undefined;

  constructor(
    seed: number,
    protected readonly real: RedisAtHand,
  ) {
    this.random = new Random(seed);
  }

  /** Asks both something, and compares what they say and hold. */
  abstract step(): Promise<void>;

  /** Keeps what both hold now, or puts them back to what was kept. */
  protected async keepOrPutBack(model: { snapshot(): () => void }, keepShare: number): Promise<void> {
    if (this.#putBack !== undefined && !this.random.chance(keepShare)) return this.#putBack();
    const [restoreModel, restoreReal] = [model.snapshot(), await this.real.snapshot()];
    this.#putBack = async () => {
      restoreModel();
      await restoreReal();
    };
  }

  protected pick<Item>(items: readonly Item[]): Item {
    return items[Math.floor(this.random.next() * items.length)] as Item;
  }

  protected note(what: string): void {
    this.seen.set(what, (this.seen.get(what) ?? 0) + 1);
  }
}

/** Many pairs, each from nothing; returns how often each outcome came. @throws what differed, with seed and step. */
export async function compareAll(
  real: RedisAtHand,
  pairOf: (seed: number) => ModelledPair,
  { runs, steps }: { readonly runs: number; readonly steps: number },
): Promise<ReadonlyMap<string, number>> {
  const seen = new Map<string, number>();
  for (let seed = 1; seed <= runs; seed++) {
    await real.redis.flushall();
    const pair = pairOf(seed);
    for (let step = 1; step <= steps; step++) {
      await pair.step().catch((error: Error) => {
        throw new Error(`seed ${seed}, step ${step}: ${error.message}`, { cause: error });
      });
    }
    for (const [what, times] of pair.seen) seen.set(what, (seen.get(what) ?? 0) + times);
  }
  return seen;
}
