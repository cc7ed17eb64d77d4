import { compareOrder, recordCapturedAtMs } from '@hexfleet/driver-record';
import type { Fleet } from './fleet.js';
import { SKEW_MS, TTL_MS, textOf, Violation, type World } from './world.js';

/** The invariants that hold once faults have ended and all that was under way has come to its end. */
export class Rest {
  constructor(
    private readonly world: World,
    private readonly fleet: Fleet,
    private readonly hasWipedNats: boolean,
  ) {}

  check(): void {
    const { world, fleet } = this;
    for (const partition of world.partitions.keys()) {
      const owner = fleet.owner(partition);
      if (owner === undefined || !owner.hasReadAll) throw new Violation(`I2: p${partition} has not come to rest`);
    }
    for (const driverId of world.drivers) this.checkPlace(driverId);
    for (const slot of world.slots) for (const key of slot.todoKeys()) this.checkTodo(key);
    for (const partition of world.partitions.keys()) this.checkBooks(partition);
  }

  /** I5: three times the TTL later. */
  checkEmpty(): void {
    const { world, fleet } = this;
    for (const driverId of world.drivers) {
      if (this.placesOf(driverId).length > 0) throw new Violation(`I5: a record of ${driverId} is left`);
    }
    for (const [slot, { left }] of world.slots.entries()) {
      if (left.entries + left.todos > 0) {
        throw new Violation(`I5: slot ${slot} has ${left.entries} entries and ${left.todos} to-dos left`);
      }
    }
    for (const partition of world.partitions.keys()) {
      if ((fleet.owner(partition)?.drivers ?? 0) > 0)
        throw new Violation(`I5: the owner of p${partition} still holds drivers`);
    }
  }

  private placesOf(driverId: string): { readonly partition: number; readonly record: Buffer }[] {
    return this.world.partitions.flatMap(({ visible }, partition) => {
      const record = visible.get(driverId);
      return record === undefined ? [] : [{ partition, record }];
    });
  }

  private isShown(record: Buffer): boolean {
    return this.world.nowMs - recordCapturedAtMs(record) < TTL_MS - SKEW_MS - 1_000;
  }

  private checkPlace(driverId: string): void {
    const { world } = this;
    const newest = this.fleet.accepted.get(driverId);
    const places = this.placesOf(driverId);
    const text = places.map(({ partition, record }) => `p${partition} ${textOf(record)}`).join(', ') || 'nowhere';
    if (places.length > 1) throw new Violation(`I3: ${driverId} is in two places: ${text}`);
    const [place] = places;
    if (place !== undefined && world.nowMs - recordCapturedAtMs(place.record) > TTL_MS + 2 * SKEW_MS) {
      throw new Violation(`I5: ${driverId} is shown past its time: ${text}`);
    }
    // What was accepted and not read when NATS was wiped went with its disk.
    if (newest === undefined || this.hasWipedNats || !this.isShown(newest)) return;
    if (place === undefined || compareOrder(place.record, newest) < 0) {
      throw new Violation(`I2: the newest accepted of ${driverId} is ${textOf(newest)}, found ${text}`);
    }
    const { homes } = (world.slots[world.slotOf(driverId)] as World['slots'][number]).lookup(driverId, world.nowMs);
    if (homes.at(-1) !== place.partition) {
      throw new Violation(`I4: the directory has ${driverId} in [${homes}], it is in ${text}`);
    }
    if (homes.length > 1) throw new Violation(`I3: homes of ${driverId} not cleared: [${homes}]`);
  }

  private checkTodo(key: string): void {
    // Of a driver whose newer ping went with NATS's disk, the older one stays, and its to-do until both expire.
    if (this.hasWipedNats) return;
    const newest = this.fleet.accepted.get(key.split('/')[1] as string);
    if (newest !== undefined && this.isShown(newest)) throw new Violation(`I3: the to-do ${key} is left`);
  }

  /** I6: all that publishers are known to have published is in exactly one count. */
  private checkBooks(partition: number): void {
    const header = this.world.partitions[partition]?.header;
    if (header === undefined || header.unbuilt) throw new Violation(`I6: p${partition} is not built`);
    const { written, superseded, expired, publishers } = header.totals;
    const known = [...publishers.values()].reduce((sum, { total }) => sum + total, 0);
    if (known !== written + superseded + expired) {
      throw new Violation(`I6: p${partition} counts ${written}+${superseded}+${expired}, its publishers ${known}`);
    }
    if (this.hasWipedNats) return;
    for (const gateway of this.fleet.gateways) {
      const published = gateway.publishedIn(partition);
      const taken = publishers.get(gateway.publisherOf(partition))?.total ?? 0;
      if (taken > published || (taken < published && gateway.isLastKept(partition))) {
        throw new Violation(`I6: ${gateway.publisherOf(partition)} published ${published}, taken ${taken}`);
      }
    }
  }
}
