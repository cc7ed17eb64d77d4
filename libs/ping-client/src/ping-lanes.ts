import { fnv1a32 } from '@hexfleet/geo-partition';
import type { WirePing } from '@hexfleet/wire';
import type { PingLane } from './ping-lane.js';

/** Several lanes as one. Each driver has its lane, so that its pings keep their order whichever lane is faster. */
export class PingLanes {
  constructor(private readonly lanes: readonly PingLane[]) {
    if (lanes.length === 0) throw new RangeError('there must be a lane');
  }

  get isFull(): boolean {
    return this.lanes.some((lane) => lane.isFull);
  }

  push(ping: WirePing): void {
    this.laneOf(ping.driverId ?? '').push(ping);
  }

  laneOf(driverId: string): PingLane {
    return this.lanes[fnv1a32(driverId) % this.lanes.length] as PingLane;
  }

  /** Resolves once no lane is full. */
  async room(): Promise<void> {
    for (const lane of this.lanes) while (lane.isFull) await lane.changed();
  }

  async drained(): Promise<void> {
    await Promise.all(this.lanes.map((lane) => lane.drained()));
  }

  async close(): Promise<void> {
    await Promise.all(this.lanes.map((lane) => lane.close()));
  }
}
