import { setTimeout as sleep } from 'node:timers/promises';
import type { FleetView, Position } from './fleet-view.js';

const LOOK_INTERVAL_MS = 50;

/** Looks at a fleet all the while, by place and by id, and notes each time that a driver's position went back (I1). */
export class OrderWatch {
  readonly wentBack: string[] = [];
  /** How often a driver was seen at another time than before: a watch that sees nothing move proves nothing. */
  moves = 0;
  private readonly newest = new Map<string, number>();
  private readonly watching: Promise<void>;
  private stopped = false;

  constructor(private readonly view: FleetView) {
    this.watching = this.watch();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await this.watching;
  }

  private async watch(): Promise<void> {
    for (let look = 0; !this.stopped; look++) {
      // While a fault lasts there may be no answer; there must be no older one.
      const near = await this.view.near(37.7749, -122.4194, 100, 50_000).catch(() => []);
      for (const position of near) this.note(position, 'by place');
      const [id] = [...this.newest.keys()].slice(look % (this.newest.size || 1));
      const one = id === undefined ? undefined : await this.view.driver(id).catch(() => undefined);
      if (one !== undefined) this.note(one, 'by id');
      await sleep(LOOK_INTERVAL_MS);
    }
  }

  private note({ id, capturedAtMs }: Position, how: string): void {
    const before = this.newest.get(id) ?? 0;
    if (capturedAtMs < before) this.wentBack.push(`${id}, ${how}: ${before - capturedAtMs} ms`);
    if (capturedAtMs > before) this.moves++;
    this.newest.set(id, Math.max(before, capturedAtMs));
  }
}
