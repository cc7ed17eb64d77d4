/** A generator of its own, so that a run comes back by its seed (Park and Miller's minimal standard). */
export class Chance {
  #state: number;

  constructor(seed: number) {
    this.#state = (Math.abs(Math.trunc(seed)) % 2_147_483_646) + 1;
    // The first numbers of small seeds are small.
    for (let i = 0; i < 4; i++) this.next();
  }

  /** From 0, included, to 1. */
  next(): number {
    this.#state = (this.#state * 48_271) % 2_147_483_647;
    return (this.#state - 1) / 2_147_483_646;
  }

  between(least: number, most: number): number {
    return least + this.next() * (most - least);
  }

  oneOf<T>(items: readonly T[]): T {
    return items[Math.min(items.length - 1, Math.floor(this.next() * items.length))] as T;
  }

  shuffled<T>(items: readonly T[]): T[] {
    const left = [...items];
    return items.map(() => left.splice(Math.min(left.length - 1, Math.floor(this.next() * left.length)), 1)[0] as T);
  }
}
