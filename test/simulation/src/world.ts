import { compareOrder, recordCapturedAtMs, recordSeq } from '@hexfleet/driver-record';
import { ENTRIES_KEPT_TTLS, NO_TOTALS, type PartitionTotals } from '@hexfleet/partition-table';
import { Dice } from './dice.js';
import { DirectorySlot } from './directory-slot.js';
import { PartitionKeys } from './partition-keys.js';
import { PingLog, SharedMemory } from './ping-log.js';
import { type Weather, weatherOf } from './weather.js';

export const TTL_MS = 60_000;
export const SKEW_MS = 2_000;
export const START_MS = 1_700_000_000_000;

/** An invariant that does not hold. */
export class Violation extends Error {
  override readonly name = 'Violation';
}

/** The classes that a mutation may replace by broken ones, and by what else a run can be made to fail. */
export interface Parts {
  readonly Keys: new () => PartitionKeys;
  readonly Slot: new (keptMs: number) => DirectorySlot;
  readonly entriesKeptMs: number;
  readonly areEpochsRandom: boolean;
}

export const SOUND: Parts = {
  Keys: PartitionKeys,
  Slot: DirectorySlot,
  entriesKeptMs: ENTRIES_KEPT_TTLS * TTL_MS,
  areEpochsRandom: true,
};

/** How often each thing happened that a run should have seen. */
export type Sightings = Map<string, number>;

/** A request that is still on its way, and may arrive at any time. */
export interface LateRequest {
  readonly what: () => string;
  readonly act: () => void;
  readonly about: readonly string[];
}

/** All that is outside of the processes, and the clock. */
export class World {
  nowMs = START_MS;
  readonly log: PingLog;
  readonly memory = new SharedMemory();
  readonly partitions: readonly PartitionKeys[];
  readonly slots: readonly DirectorySlot[];
  readonly drivers: readonly string[];
  readonly late: LateRequest[] = [];
  /** No request is lost or delayed any more. */
  isCalm = false;
  /** Redis has lost something: what readers see may go back until it is written again. */
  hasForgotten = false;
  /** Connections to Redis break when it is put back to an older state; clients know which one an answer came by. */
  connection = 1;
  readonly sightings: Sightings = new Map();
  readonly weather: Weather;
  private births = 0;
  private readonly newest = new Map<string, Buffer>();
  private counts: readonly PartitionTotals[] = [];

  constructor(
    readonly dice: Dice,
    readonly parts: Parts,
    /** Undefined where nobody reads it. */
    private readonly trace: string[] | undefined,
  ) {
    this.weather = weatherOf(dice);
    const partitions = 2 + dice.int('shape', 2);
    const drivers = dice.pick('shape', [1, 1, 2, 3]);
    this.log = new PingLog(partitions, 2 * TTL_MS);
    this.partitions = Array.from({ length: partitions }, () => new parts.Keys());
    this.slots = Array.from({ length: 2 }, () => new parts.Slot(parts.entriesKeptMs));
    this.drivers = Array.from({ length: drivers }, (_, driver) => `d${driver}`);
  }

  slotOf(driverId: string): number {
    return Number(driverId.slice(1)) % this.slots.length;
  }

  newBirth(): string {
    return `born ${++this.births}`;
  }

  note(line: () => string): void {
    if (this.trace === undefined) return;
    const text = line();
    if (text !== '') this.trace.push(`${String((this.nowMs - START_MS) / 1_000).padStart(8)} s  ${text}`);
  }

  see(what: string): void {
    this.sightings.set(what, (this.sightings.get(what) ?? 0) + 1);
  }

  /** The newest record of a driver in any partition, as all of them are now. */
  newestVisible(driverId: string): Buffer | undefined {
    let newest: Buffer | undefined;
    for (const { visible } of this.partitions) {
      const record = visible.get(driverId);
      if (record !== undefined && (newest === undefined || compareOrder(record, newest) > 0)) newest = record;
    }
    return newest;
  }

  arriveLate(request: LateRequest): void {
    this.late.splice(this.late.indexOf(request), 1);
    this.note(() => `  arrives late: ${request.what()}`);
    request.act();
    this.check();
  }

  /** After each thing that may change a partition, as one who sees all of them at once. */
  check(): void {
    this.checkVisible();
    this.checkCounts();
  }

  /** I1 and I4. */
  private checkVisible(): void {
    for (const driverId of this.drivers) {
      const before = this.newest.get(driverId);
      const now = this.newestVisible(driverId);
      const isFresh = before !== undefined && this.nowMs - recordCapturedAtMs(before) <= TTL_MS - SKEW_MS;
      if (
        before !== undefined &&
        isFresh &&
        !this.hasForgotten &&
        (now === undefined || compareOrder(now, before) < 0)
      ) {
        throw new Violation(`I1/I4: the newest visible of ${driverId} went from ${textOf(before)} to ${textOf(now)}`);
      }
      if (now !== undefined && (before === undefined || compareOrder(now, before) > 0 || this.hasForgotten)) {
        this.newest.set(driverId, now);
      } else if (!isFresh && now === undefined) this.newest.delete(driverId);
    }
  }

  /** I6: what was counted stays counted, as long as Redis forgets nothing. */
  private checkCounts(): void {
    const counts = this.partitions.map(({ header }) => header?.totals ?? NO_TOTALS);
    for (const [partition, now] of counts.entries()) {
      const before = this.counts[partition];
      if (before === undefined || before === now || this.hasForgotten) continue;
      for (const count of ['written', 'superseded', 'expired'] as const) {
        if (now[count] < before[count])
          throw new Violation(`I6: p${partition} had ${before[count]} ${count}, and has ${now[count]}`);
      }
    }
    this.counts = counts;
  }
}

export function textOf(record: Buffer | undefined): string {
  if (record === undefined) return 'nothing';
  return `${timeText(recordCapturedAtMs(record))} #${recordSeq(record)}`;
}

/** A moment of the run, as seconds since it began. */
export function timeText(atMs: number): string {
  return `${(atMs - START_MS) / 1_000} s`;
}
