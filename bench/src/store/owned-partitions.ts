import type { PartitionStore, PartitionTodo } from '@hexfleet/location-store';
import {
  type DirectoryBirths,
  NO_TOTALS,
  type OwnerEffect,
  type OwnerInput,
  ownPartition,
  type StreamBatch,
} from '@hexfleet/partition-table';
import type { Ping } from '@hexfleet/ping';
import { decodePingBatch, encodePingBatch } from '@hexfleet/ping-batch';
import { RecordedWrites } from './recorded-writes.js';

type Owner = ReturnType<typeof ownPartition>;

const HEARTBEAT_MS = 5_000;
const NO_BIRTHS = new Map<number, string>();
const PUBLISHER = '0123456789abcdef';

/** Every partition's owner at work on a store, as the writer runs them, but on a clock that the caller turns. */
export class OwnedPartitions {
  /** What they have had written. */
  readonly writes = new RecordedWrites();
  private readonly owned: readonly OwnedPartition[];

  private constructor(
    private readonly store: PartitionStore,
    partitions: number,
    ttlMs: number,
  ) {
    this.owned = Array.from(
      { length: partitions },
      (_, partition) => new OwnedPartition(store, this.writes, partition, ttlMs),
    );
  }

  static async takeOver(
    store: PartitionStore,
    partitions: number,
    ttlMs: number,
    nowMs: number,
  ): Promise<OwnedPartitions> {
    const all = new OwnedPartitions(store, partitions, ttlMs);
    await Promise.all(all.owned.map((partition) => partition.takeOver(nowMs)));
    return all;
  }

  /** One beat: each partition writes what there is for it, and clears what the directory says. */
  async beat(pingsByPartition: readonly (readonly Ping[])[], nowMs: number): Promise<void> {
    const { todos, born } = await this.store.directory.todos(
      this.owned.map((_, partition) => partition),
      nowMs,
    );
    const todosByPartition = this.owned.map((_, i) => todos.filter(({ partition }) => partition === i));
    const feeds = this.owned.map((partition, i) =>
      partition.beat(pingsByPartition[i] ?? [], todosByPartition[i] ?? [], born, nowMs),
    );
    await Promise.all(feeds);
  }

  async tick(nowMs: number): Promise<void> {
    const input = { nowMs, batches: [], todos: [], born: NO_BIRTHS, tick: true, isReading: true };
    await Promise.all(this.owned.map((owned) => owned.feed(input)));
  }
}

class OwnedPartition {
  private readonly owner: Owner;
  private nowMs = 0;
  private messages = 0;
  private total = 0;

  constructor(
    private readonly store: PartitionStore,
    private readonly writes: RecordedWrites,
    private readonly partition: number,
    ttlMs: number,
  ) {
    this.owner = ownPartition({ partition, epoch: 1, ttlMs, heartbeatMs: HEARTBEAT_MS, checkpointMs: HEARTBEAT_MS });
  }

  async takeOver(nowMs: number): Promise<void> {
    this.nowMs = nowMs;
    await this.untilItWaits(this.owner.next());
  }

  async beat(
    pings: readonly Ping[],
    todos: readonly PartitionTodo[],
    born: DirectoryBirths,
    nowMs: number,
  ): Promise<void> {
    const batches = pings.length === 0 ? [] : [this.batchOf(pings, nowMs)];
    if (batches.length > 0 || todos.length > 0)
      await this.feed({ nowMs, batches, todos, born, tick: false, isReading: true });
  }

  async feed(input: OwnerInput): Promise<void> {
    this.nowMs = input.nowMs;
    await this.untilItWaits(this.owner.next(input));
  }

  private batchOf(pings: readonly Ping[], nowMs: number): StreamBatch {
    const message = encodePingBatch({ publisher: PUBLISHER, totalBefore: this.total, receivedAtMs: nowMs, pings });
    this.total += pings.length;
    return { position: { stream: 'bench', seq: ++this.messages }, batch: decodePingBatch(message) };
  }

  private async untilItWaits(first: ReturnType<Owner['next']>): Promise<void> {
    let step = first;
    while (!step.done && step.value.kind !== 'wait') step = this.owner.next(await this.perform(step.value));
    if (step.done) throw new Error(`partition ${this.partition} was taken over by another owner`);
  }

  private async perform(effect: OwnerEffect): Promise<unknown> {
    const { store, partition } = this;
    switch (effect.kind) {
      case 'claim':
        this.writes.note(partition, effect);
        return store.claim(partition, effect.incarnation, effect.withRecords);
      case 'recall':
        return NO_TOTALS;
      case 'replay':
        return { batches: [], nowMs: this.nowMs };
      case 'enter':
        return store.directory.enter(partition, effect.requests, this.nowMs);
      case 'look':
        return store.look(effect.wants);
      case 'correct':
        return store.directory.correct(partition, effect.corrections);
      case 'clear':
        return store.directory.clear(partition, effect.todos);
      case 'apply':
      case 'adopt': {
        this.writes.note(partition, effect);
        const reply =
          effect.kind === 'apply' ? await store.apply(partition, effect) : await store.adopt(partition, effect);
        if (reply !== 'ok') throw new Error(`a write of partition ${partition} came back as ${reply}`);
        return reply;
      }
      case 'wait':
      case 'checkpoint':
        return undefined;
    }
  }
}
