import { HomeCells } from '@hexfleet/cells';
import { recordLength, stampRecord, writeRecord } from '@hexfleet/driver-record';
import { createPartitionStore, type PartitionStore } from '@hexfleet/location-store';
import { NO_TOTALS } from '@hexfleet/partition-table';
import type { Ping } from '@hexfleet/ping';

type Required = 'driverId' | 'latDeg' | 'lngDeg' | 'capturedAtMs';

export type Placed = Pick<Ping, Required> & Partial<Omit<Ping, Required>> & { readonly life?: number };

export interface PlacedFleetOptions {
  readonly redisUrls: readonly string[];
  readonly name: string;
  readonly partitions: number;
  readonly resolution: number;
  readonly ttlMs: number;
}

/**
 * A fleet put straight into the store, partition by partition, through the writer's own door: for tests of what reads it.
 */
export class PlacedFleet {
  private readonly homeCells: HomeCells;
  private readonly writes = new Map<number, number>();
  private readonly held = new Map<number, Set<string>>();

  private constructor(
    private readonly store: PartitionStore,
    private readonly partitions: number,
    resolution: number,
  ) {
    this.homeCells = new HomeCells({ resolution, partitions });
  }

  /** Builds every partition, empty. */
  static async in(options: PlacedFleetOptions): Promise<PlacedFleet> {
    const store = createPartitionStore({ ...options, onConnection: () => {} });
    while (
      !(await store.ping().then(
        () => true,
        () => false,
      ))
    )
      await new Promise((again) => setTimeout(again, 20));
    const fleet = new PlacedFleet(store, options.partitions, options.resolution);
    for (let partition = 0; partition < options.partitions; partition++) await fleet.build(partition);
    return fleet;
  }

  partitionOf({ latDeg, lngDeg }: { latDeg: number; lngDeg: number }): number {
    return this.homeCells.partitionOf(latDeg, lngDeg);
  }

  /** Writes each in its home partition, and in all partitions up to when that is so; the directory learns of them. */
  async place(drivers: readonly Placed[], asOfMs = freshForAWhile(), writtenAtMs = Date.now()): Promise<void> {
    for (let partition = 0; partition < this.partitions; partition++) {
      const here = drivers.filter((driver) => this.partitionOf(driver) === partition);
      const requests = here.map(({ driverId, capturedAtMs }) => ({
        ...{ driverId, capturedAtMs, holds: false, force: false, life: -1, available: true },
      }));
      if (requests.length > 0) await this.store.directory.enter(partition, requests, Date.now());
      await this.write(partition, here, asOfMs, writtenAtMs);
    }
  }

  /** Writes into one partition, home or not, and tells the directory nothing. */
  async write(
    partition: number,
    drivers: readonly Placed[],
    asOfMs = freshForAWhile(),
    writtenAtMs = Date.now(),
  ): Promise<void> {
    const n = (this.writes.get(partition) ?? 1) + 1;
    this.writes.set(partition, n);
    const held = this.held.get(partition) ?? new Set();
    this.held.set(partition, held);
    for (const { driverId } of drivers) held.add(driverId);
    const sets = drivers.map((driver) => ({ driverId: driver.driverId, record: recordOf(driver, writtenAtMs) }));
    const reply = await this.store.apply(partition, {
      kind: 'apply',
      incarnation: { epoch: 1, k: 2 },
      n,
      sets,
      moved: sets,
      removals: [],
      holds: held.size,
      totals: NO_TOTALS,
      changedPublishers: [],
      asOfMs,
    });
    if (reply !== 'ok') throw new Error(`the store said ${reply}`);
  }

  close(): void {
    this.store.close();
  }

  private async build(partition: number): Promise<void> {
    await this.store.claim(partition, { epoch: 1, k: 1 }, false);
    const adopted = await this.store.adopt(partition, {
      kind: 'adopt',
      from: { epoch: 1, k: 1 },
      to: { epoch: 1, k: 2 },
      n: 1,
      sets: [],
      totals: NO_TOTALS,
      asOfMs: freshForAWhile(),
    });
    if (adopted !== 'ok') throw new Error(`the store said ${adopted}`);
  }
}

/** Nobody writes heartbeats here, and a test on a slow machine takes a while. */
function freshForAWhile(): number {
  return Date.now() + 120_000;
}

function recordOf({ life = 1, ...driver }: Placed, writtenAtMs: number): Buffer {
  const unknown = { headingDeg: undefined, speedMps: undefined, accuracyM: undefined };
  const ping = { seq: 0, status: 'available', vehicleClass: 'car', ...unknown, ...driver } as const;
  const record = Buffer.alloc(recordLength(ping));
  writeRecord(record, 0, ping);
  stampRecord(record, life, writtenAtMs);
  return record;
}
