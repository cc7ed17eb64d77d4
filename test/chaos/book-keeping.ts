import { setTimeout as sleep } from 'node:timers/promises';
import { type Books, type FleetView, isGatewayBalanced } from '../e2e/fleet-view.js';
import type { Ledger } from './ledger.js';
import type { PartitionLook, RedisLook } from './redis-look.js';
import type { Violations } from './violations.js';

const BALANCED_WITHIN_MS = 40_000;
const LOOK_AGAIN_MS = 100;

interface Base {
  readonly gatewayAccepted: number;
  readonly taken: number;
  readonly accepted: number;
  readonly inDoubt: number;
  readonly partitions: readonly PartitionLook[];
}

interface Imbalance {
  readonly text: string;
  /** Pings that partitions lack; negative where they have more. */
  readonly missing: number;
}

const NOTHING: Base = { gatewayAccepted: 0, taken: 0, accepted: 0, inDoubt: 0, partitions: [] };

/** Both sides of the books since the last look, with the load paused: the gateway's, and the partitions' in Redis. */
export class BookKeeping {
  /** Pings that partitions lack, or have twice: what I6 and I7 forbid. */
  lost = 0;
  doubled = 0;
  #base: Base | undefined;
  #isGatewayDead = false;

  constructor(
    private readonly view: FleetView,
    private readonly redis: RedisLook,
    private readonly ledger: Ledger,
    private readonly violations: Violations,
  ) {}

  /** The gateway's counts begin anew: until the next look only what it had answered is known. */
  gatewayDied(): void {
    this.#isGatewayDead = true;
  }

  /** Waits until the books balance, and begins a new page. A violation where they don't. */
  async balance(): Promise<void> {
    const untilMs = Date.now() + BALANCED_WITHIN_MS;
    let problem: Imbalance | undefined;
    let seen: { books: Books; partitions: PartitionLook[] } | undefined;
    while (true) {
      const [books, partitions] = await Promise.all([
        this.view.books().catch(() => undefined),
        this.redis.partitions().catch(() => undefined),
      ]);
      if (books !== undefined && partitions !== undefined) {
        seen = { books, partitions };
        problem = this.#problemOf(books, partitions);
        if (problem === undefined) break;
      }
      if (Date.now() > untilMs) break;
      await sleep(LOOK_AGAIN_MS);
    }
    if (seen === undefined) this.violations.add('recovery', 'no books to look at');
    else {
      if (problem !== undefined) this.#note(problem, seen);
      this.#base = this.#now(seen.books, seen.partitions);
      this.#isGatewayDead = false;
    }
  }

  #problemOf(books: Books, partitions: readonly PartitionLook[]): Imbalance | undefined {
    if (!isGatewayBalanced(books)) return { text: 'the gateway`s own books do not balance', missing: 0 };
    const base = this.#base ?? NOTHING;
    const now = this.#now(books, partitions);
    const answered = now.accepted - base.accepted;
    const took = now.taken - base.taken;
    if (this.#isGatewayDead) {
      if (took < answered) return { text: `partitions took ${took} of at least ${answered}`, missing: answered - took };
      const most = answered + now.inDoubt - base.inDoubt;
      return took > most ? { text: `partitions took ${took} of at most ${most}`, missing: most - took } : undefined;
    }
    const gave = books.accepted - base.gatewayAccepted;
    return took === gave ? undefined : { text: `partitions took ${took} of ${gave}`, missing: gave - took };
  }

  #now({ accepted: gatewayAccepted }: Books, partitions: readonly PartitionLook[]): Base {
    const { accepted, inDoubt } = this.ledger.counts;
    return { gatewayAccepted, taken: takenOf(partitions), accepted, inDoubt, partitions };
  }

  #note({ text, missing }: Imbalance, seen: object): void {
    if (missing > 0) this.lost += missing;
    else this.doubled -= missing;
    this.violations.add(missing > 0 ? 'I7' : 'I6', text, { ...seen, base: this.#base });
  }
}

function takenOf(partitions: readonly PartitionLook[]): number {
  return partitions.reduce(
    (sum, { header: { written, superseded, expired } }) =>
      sum + Number(written ?? 0) + Number(superseded ?? 0) + Number(expired ?? 0),
    0,
  );
}
