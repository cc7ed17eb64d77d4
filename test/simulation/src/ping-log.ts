import type { PartitionTotals, ReplayReply, StreamBatch, StreamPosition } from '@hexfleet/partition-table';

interface Stored {
  readonly position: StreamPosition;
  readonly batch: NonNullable<StreamBatch['batch']>;
  readonly storedAtMs: number;
}

/** The stream: each partition's messages in order, kept for so long, read again from any place. */
export class PingLog {
  private stream = 'stream 1';
  private incarnations = 1;
  private lastSeq = 0;
  private readonly stored: Stored[][];

  constructor(
    partitions: number,
    private readonly keptMs: number,
  ) {
    this.stored = Array.from({ length: partitions }, () => []);
  }

  /** Identity of the stream that is there now. */
  get id(): string {
    return this.stream;
  }

  append(partition: number, batch: Stored['batch'], nowMs: number): StreamPosition {
    const position = { stream: this.stream, seq: ++this.lastSeq };
    this.stored[partition]?.push({ position, batch, storedAtMs: nowMs });
    return position;
  }

  /** Up to `max` messages after a place; from the beginning where the place is on another stream. */
  after(partition: number, place: StreamPosition | undefined, max: number, nowMs: number): StreamBatch[] {
    const fromSeq = place?.stream === this.stream ? place.seq : 0;
    return this.kept(partition, nowMs)
      .filter(({ position }) => position.seq > fromSeq)
      .slice(0, max)
      .map(({ position, batch }) => ({ position, batch }));
  }

  /** As `PartitionMemory.replay` reads: from after a place or from a time, whichever is earlier. */
  replay(partition: number, after: StreamPosition | undefined, sinceMs: number, nowMs: number): ReplayReply['batches'] {
    const fromSeq = after?.stream === this.stream ? after.seq : 0;
    return this.kept(partition, nowMs)
      .filter(({ position, storedAtMs }) => storedAtMs >= sinceMs || position.seq > fromSeq)
      .map(({ position, batch }) => ({ position, batch }));
  }

  /** Whether some message after a place has not been read. */
  hasAfter(partition: number, place: StreamPosition | undefined, nowMs: number): boolean {
    return this.after(partition, place, 1, nowMs).length > 0;
  }

  wipe(): void {
    this.stream = `stream ${++this.incarnations}`;
    this.lastSeq = 0;
    for (const messages of this.stored) messages.length = 0;
  }

  private kept(partition: number, nowMs: number): Stored[] {
    const messages = this.stored[partition] as Stored[];
    while (messages.length > 0 && nowMs - (messages[0] as Stored).storedAtMs > this.keptMs) messages.shift();
    return messages;
  }
}

/** What NATS keeps beside the stream: who took a partition last, and its last totals. */
export class SharedMemory {
  readonly epochs = new Map<number, number>();
  readonly checkpoints = new Map<number, { readonly epoch: number; readonly totals: PartitionTotals }>();

  /** Unless an owner of a later epoch has saved already. */
  save(partition: number, epoch: number, totals: PartitionTotals): void {
    if ((this.checkpoints.get(partition)?.epoch ?? 0) <= epoch) this.checkpoints.set(partition, { epoch, totals });
  }

  wipe(): void {
    this.epochs.clear();
    this.checkpoints.clear();
  }
}
