import { compareOrder, recordCapturedAtMs } from '@hexfleet/driver-record';
import type { Task } from './calls.js';
import { SKEW_MS, TTL_MS, textOf, Violation, type World } from './world.js';

const ATTEMPTS = 3;

/** How a driver is looked for by its id; a mutation does it otherwise. */
export class ReaderProcess {
  constructor(
    protected readonly world: World,
    /** The newest answer that was given of each driver. */
    private readonly answered: Map<string, Buffer>,
  ) {}

  *run(): Task {
    const { world } = this;
    const driverId = world.dice.pick('reader', world.drivers);
    const floor = newer(this.answered.get(driverId), world.newestVisible(driverId));
    const forgotBefore = world.hasForgotten;
    let newest: Buffer | undefined;
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      yield;
      const before = this.lookUp(driverId);
      for (const partition of this.order(before.homes)) {
        yield;
        const record = world.partitions[partition]?.visible.get(driverId);
        const isShown = record !== undefined && world.nowMs - recordCapturedAtMs(record) <= TTL_MS;
        if (isShown) newest = newer(newest, record);
      }
      yield;
      if (this.isSettled(before.version, this.lookUp(driverId).version)) break;
    }
    if (!forgotBefore && !world.hasForgotten) this.judge(driverId, floor, newest);
  }

  protected order(homes: readonly number[]): readonly number[] {
    return homes;
  }

  protected isSettled(before: string, after: string): boolean {
    return before === after;
  }

  private lookUp(driverId: string) {
    const slot = this.world.slots[this.world.slotOf(driverId)] as World['slots'][number];
    return slot.lookup(driverId, this.world.nowMs);
  }

  private judge(driverId: string, floor: Buffer | undefined, found: Buffer | undefined): void {
    const { world } = this;
    const isFresh = floor !== undefined && world.nowMs - recordCapturedAtMs(floor) <= TTL_MS - SKEW_MS;
    world.note(() => `reader finds ${driverId} at ${textOf(found)}`);
    if (floor !== undefined && isFresh && (found === undefined || compareOrder(found, floor) < 0)) {
      throw new Violation(`I1/I4: ${driverId} asked for by id: ${textOf(found)} after ${textOf(floor)}`);
    }
    const known = this.answered.get(driverId);
    if (found !== undefined && newer(known, found) === found) this.answered.set(driverId, Buffer.from(found));
  }
}

function newer(a: Buffer | undefined, b: Buffer | undefined): Buffer | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return compareOrder(b, a) > 0 ? b : a;
}
