import {
  NO_TOTALS,
  nextEpoch,
  type PartitionTotals,
  type ReplayReply,
  type StreamBatch,
  type StreamPosition,
} from '@hexfleet/partition-table';
import { decodePingBatch } from '@hexfleet/ping-batch';
import type { PingBus, SharedBucket, StreamMessage } from '@hexfleet/ping-bus';
import pLimit from 'p-limit';

const REPLAYS_AT_ONCE = 4;

type SavedTotals = Omit<PartitionTotals, 'publishers'> & { readonly epoch?: number; readonly publishers: [] };

/**
 * What outlives a Redis that comes back empty: the stream itself, and in NATS key-value buckets the last totals of each
 * partition and the epochs under which partitions were taken.
 */
export class PartitionMemory {
  private readonly inTurn = pLimit(REPLAYS_AT_ONCE);
  private readonly checkpoints: SharedBucket;
  private readonly owners: SharedBucket;
  /** By partition: of the checkpoint that was saved here last. */
  private readonly savedRevisions = new Map<number, number>();

  constructor(
    private readonly bus: PingBus,
    private readonly onUnreadable: () => void,
  ) {
    this.checkpoints = bus.bucket('checkpoints');
    this.owners = bus.bucket('owners');
  }

  /** @throws when NATS is away. */
  async recall(partition: number): Promise<PartitionTotals> {
    const entry = await this.checkpoints.get(keyOf(partition));
    if (entry === undefined) return NO_TOTALS;
    const { publishers, epoch: _, ...totals } = entry.json<SavedTotals>();
    return { ...totals, publishers: new Map(publishers) };
  }

  /** Saves the totals that the owner of this epoch had, unless an owner after it has saved already. @throws when NATS is away. */
  async save(partition: number, epoch: number, totals: PartitionTotals): Promise<void> {
    const document = JSON.stringify({ ...totals, epoch, publishers: [...totals.publishers] });
    const key = keyOf(partition);
    let revision = this.savedRevisions.get(partition);
    for (;;) {
      if (revision !== undefined) {
        const outcome = await this.checkpoints.put(key, document, revision);
        if (outcome.kind === 'stored') {
          this.savedRevisions.set(partition, outcome.revision);
          return;
        }
      }
      const entry = await this.checkpoints.get(key);
      if ((entry?.json<{ epoch?: number }>().epoch ?? 0) > epoch) return;
      revision = entry?.revision ?? 0;
    }
  }

  /**
   * From after `after`, or from `sinceMs`, whichever is earlier; some partitions at a time, since all of them at once may be
   * more than memory holds. @throws when NATS is away.
   */
  replay(partition: number, after: StreamPosition | undefined, sinceMs: number): Promise<ReplayReply> {
    return this.inTurn(() => this.replayNow(partition, after, sinceMs));
  }

  private async replayNow(partition: number, after: StreamPosition | undefined, sinceMs: number): Promise<ReplayReply> {
    const recent = await this.bus.replay(partition, { sinceMs });
    let messages = recent;
    if (after === undefined || after.stream !== this.bus.streamId) {
      messages = await this.bus.replay(partition, { seq: 1 });
    } else if ((recent[0]?.seq ?? Number.POSITIVE_INFINITY) > after.seq + 1) {
      messages = await this.bus.replay(partition, { seq: after.seq + 1 });
    }
    return { batches: messages.map((message) => this.decode(message)), nowMs: Date.now() };
  }

  /** A message that is no batch is counted and passed over: the messages behind it matter. */
  decode({ stream, seq, data }: StreamMessage): StreamBatch {
    const position = { stream, seq };
    try {
      return { position, batch: decodePingBatch(data) };
    } catch {
      this.onUnreadable();
      return { position, batch: undefined };
    }
  }

  /**
   * Makes this writer the owner of a partition, under an epoch above all before it.
   * @throws when NATS is away, or when another writer did the same in the same moment.
   */
  async takeEpoch(partition: number, writer: string, storedEpoch: number): Promise<number> {
    const entry = await this.owners.get(keyOf(partition));
    const known = entry === undefined ? 0 : entry.json<{ epoch: number }>().epoch;
    const epoch = nextEpoch(known, storedEpoch, Date.now(), Math.random());
    const document = JSON.stringify({ writer, epoch });
    const { kind } = await this.owners.put(keyOf(partition), document, entry?.revision ?? 0);
    if (kind === 'conflict') throw new Error(`another writer took partition ${partition} in the same moment`);
    return epoch;
  }
}

function keyOf(partition: number): string {
  return `p.${partition}`;
}
