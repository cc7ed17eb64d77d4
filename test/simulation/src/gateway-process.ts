import { RECORD_BYTES, writeRecord } from '@hexfleet/driver-record';
import type { BatchedPing, PingBatch } from '@hexfleet/ping-batch';
import { TTL_MS, textOf, type World } from './world.js';

interface Pending {
  readonly partition: number;
  readonly batch: PingBatch;
  /** It lies on the stream already, though the gateway doesn't know. */
  isStored: boolean;
}

/** A gateway: at most one batch under way for each partition, published again until it is acknowledged. */
export class GatewayProcess {
  /** Of each partition: under what name, how many so far, and the batch under way. */
  private readonly totals: number[];
  private readonly pending: (Pending | undefined)[];
  private readonly waiting: BatchedPing[][];
  private readonly storedAtMs: number[];

  constructor(
    private readonly world: World,
    readonly name: string,
    /** Told of each ping that the stream has acknowledged. */
    private readonly onAccepted: (ping: BatchedPing) => void,
  ) {
    this.totals = world.partitions.map(() => 0);
    this.pending = world.partitions.map(() => undefined);
    this.storedAtMs = world.partitions.map(() => 0);
    this.waiting = world.partitions.map(() => []);
  }

  publisherOf(partition: number): string {
    return `${this.name}p${partition}`;
  }

  /** Pings that were published and acknowledged, of one partition. */
  publishedIn(partition: number): number {
    return this.totals[partition] as number;
  }

  /** What was published last, long ago, may have aged out unread: only the next batch would tell. */
  isLastKept(partition: number): boolean {
    return this.world.nowMs - (this.storedAtMs[partition] as number) < TTL_MS;
  }

  get isIdle(): boolean {
    return this.pending.every((one) => one === undefined) && this.waiting.every((pings) => pings.length === 0);
  }

  take(partition: number, driverId: string, capturedAtMs: number, seq: number, isAvailable: boolean): void {
    const record = Buffer.alloc(RECORD_BYTES);
    const none = { headingDeg: undefined, speedMps: undefined, accuracyM: undefined };
    const status = isAvailable ? 'available' : 'on_trip';
    writeRecord(record, 0, { latDeg: 1, lngDeg: partition, capturedAtMs, seq, vehicleClass: 'car', status, ...none });
    this.waiting[partition]?.push({ driverId, record });
  }

  /** Publishes, or publishes again, what is under way for a partition. */
  publish(partition: number): void {
    const { world } = this;
    const one = this.pending[partition] ?? this.next(partition);
    if (one === undefined) return;
    this.pending[partition] = one;
    if (!world.isCalm && world.dice.happens('publication lost', 0.1)) return;
    const position = world.log.append(partition, one.batch, world.nowMs);
    world.note(
      () => `${this.publisherOf(partition)} publishes #${position.seq}: ${one.batch.readPings().map(pingText)}`,
    );
    if (one.isStored) world.see('a batch published twice');
    one.isStored = true;
    this.storedAtMs[partition] = world.nowMs;
    if (!world.isCalm && world.dice.happens('acknowledgement lost', 0.15)) return;
    this.pending[partition] = undefined;
    this.totals[partition] = (this.totals[partition] as number) + one.batch.size;
    for (const ping of one.batch.readPings()) this.onAccepted(ping);
  }

  private next(partition: number): Pending | undefined {
    const pings = this.waiting[partition]?.splice(0) ?? [];
    if (pings.length === 0) return undefined;
    // As the gateway coalesces: one a driver, the last that came.
    const last = new Map(pings.map((ping) => [ping.driverId, ping]));
    const batched = [...last.values()];
    const batch: PingBatch = {
      publisher: this.publisherOf(partition),
      totalBefore: this.totals[partition] as number,
      receivedAtMs: this.world.nowMs,
      size: batched.length,
      // Anew each time, as when it is decoded: the writer stamps what it is given.
      readPings: () => batched.map(({ driverId, record }) => ({ driverId, record: Buffer.from(record) })),
    };
    return { partition, batch, isStored: false };
  }
}

function pingText({ driverId, record }: BatchedPing): string {
  return `${driverId} ${textOf(record)}`;
}
