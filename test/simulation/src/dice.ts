import { Random } from '@hexfleet/fleet-simulation';
import { fnv1a32 } from '@hexfleet/geo-partition';

/**
 * All chance of one run. Each kind of decision has a stream of numbers of its own, so that a happening that is taken out, to
 * find out whether it matters, leaves the others as they were as far as can be.
 */
export class Dice {
  private readonly streams = new Map<string, Random>();
  private happenings = 0;

  /** `leftOut`: ordinal numbers of happenings that are not to happen. */
  constructor(
    private readonly seed: number,
    private readonly leftOut: ReadonlySet<number> = new Set(),
  ) {}

  /** How many happenings came about, whether left out or not. */
  get count(): number {
    return this.happenings;
  }

  /** Something that a run can do without: a fault, a ping, a take-over. */
  happens(kind: string, probability: number): boolean {
    if (this.fraction(kind) >= probability) return false;
    return !this.leftOut.has(this.happenings++);
  }

  chance(kind: string, probability: number): boolean {
    return this.fraction(kind) < probability;
  }

  /** 0…below−1. */
  int(kind: string, below: number): number {
    return Math.floor(this.fraction(kind) * below);
  }

  pick<Item>(kind: string, items: readonly Item[]): Item {
    return items[this.int(kind, items.length)] as Item;
  }

  private fraction(kind: string): number {
    let stream = this.streams.get(kind);
    if (stream === undefined) {
      stream = new Random(Math.imul(this.seed ^ fnv1a32(kind), 0x9e3779b1));
      this.streams.set(kind, stream);
    }
    return stream.next();
  }
}
