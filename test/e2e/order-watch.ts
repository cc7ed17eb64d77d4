import { setTimeout as sleep } from 'node:timers/promises';
import type { FleetView, Position } from './fleet-view.js';
import { ShownOrder } from './shown-order.js';

const LOOK_INTERVAL_MS = 50;

/** Looks at a fleet all the while, by place and by id, and notes each time that a driver's position went back (I1). */
export class OrderWatch {
  readonly wentBack: string[] = [];
  private readonly order = new ShownOrder();
  private readonly watching: Promise<void>;
  private stopped = false;

  constructor(private readonly view: FleetView) {
    this.watching = this.watch();
  }

  get moves(): number {
    return this.order.moves;
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
      const { drivers } = this.order;
      const id = drivers[look % (drivers.length || 1)];
      const one = id === undefined ? undefined : await this.view.driver(id).catch(() => undefined);
      if (one !== undefined) this.note(one, 'by id');
      await sleep(LOOK_INTERVAL_MS);
    }
  }

  private note(position: Position, how: string): void {
    const backMs = this.order.note(position);
    if (backMs > 0) this.wentBack.push(`${position.id}, ${how}: ${backMs} ms`);
  }
}
