import { Random } from '@hexfleet/fleet-simulation';

/** Chance of a run's own, so that it comes back by its seed. */
export class Chance extends Random {
  oneOf<T>(items: readonly T[]): T {
    return items[Math.floor(this.next() * items.length)] as T;
  }

  shuffled<T>(items: readonly T[]): T[] {
    const left = [...items];
    return items.map(() => left.splice(Math.floor(this.next() * left.length), 1)[0] as T);
  }
}
