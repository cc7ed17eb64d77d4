import type { Position } from './fleet-view.js';

/** Whether the positions that were shown of drivers ever went back (I1). */
export class ShownOrder {
  /** How often a driver was seen at another time than before: a watch that sees nothing move proves nothing. */
  moves = 0;
  readonly #newest = new Map<string, number>();

  /** Drivers that were seen. */
  get drivers(): string[] {
    return [...this.#newest.keys()];
  }

  /** By how much a position is older than one that was seen before: 0 when it isn't. */
  note({ id, capturedAtMs }: Position): number {
    const before = this.#newest.get(id) ?? 0;
    if (capturedAtMs > before) this.moves++;
    this.#newest.set(id, Math.max(before, capturedAtMs));
    return Math.max(0, before - capturedAtMs);
  }
}
