/**
 * All chance of one run. Each kind of decision has a stream of numbers of its own, so that a happening that is taken out, to
 * find out whether it matters, leaves the others as they were as far as can be.
 */
export class Dice {
  private readonly streams = new Map<string, () => number>();
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
      stream = mulberry32(this.seed ^ hashOf(kind));
      this.streams.set(kind, stream);
    }
    return stream();
  }
}

/** 32 bits of state, good enough for this. Source: T. Ettinger, "mulberry32", public domain. */
function mulberry32(seed: number): () => number {
  let state = Math.imul(seed, 2654435761) >>> 0 || 1;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}
