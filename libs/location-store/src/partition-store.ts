import { directorySlotOf } from '@hexfleet/geo-partition';
import type {
  AdoptReply,
  ApplyReply,
  ClaimReply,
  DirectoryBirths,
  EnterReply,
  EnterRequest,
  Incarnation,
  LookReply,
  Todo,
} from '@hexfleet/partition-table';
import { BirthIds } from './birth-ids.js';
import { DueEnters } from './due-enters.js';
import { readHeader } from './partition-header.js';
import { type Adopt, type Apply, encodeApply, encodeBuild, judgeApply } from './partition-write.js';
import type { RespCommands } from './resp-commands.js';
import type { Shard } from './shard.js';
import { type LocationStoreOptions, Shards } from './shards.js';

const TODOS_A_SLOT = 500;
const SWEEP_PAGE = 512;

export interface PartitionTodo extends Todo {
  readonly partition: number;
}

/** The writer's side of the store. Unless it says otherwise, a method throws when it got no answer, and may be repeated. */
export class PartitionStore {
  private readonly birthIds = new BirthIds();
  private readonly positionsKeptMs: number;
  private readonly entriesKeptMs: number;
  private readonly dueEnters: DueEnters;

  constructor(
    private readonly shards: Shards,
    ttlMs: number,
  ) {
    this.positionsKeptMs = 3 * ttlMs;
    this.entriesKeptMs = 2 * ttlMs;
    this.dueEnters = new DueEnters(shards, this.birthIds, this.entriesKeptMs);
  }

  /** The epoch that a partition's keys were last claimed with, or 0. */
  async storedEpoch(partition: number): Promise<number> {
    const incarnation = await this.shards.ofPartition(partition).ask('GET', this.shards.keys.incarnation(partition));
    return incarnation === null ? 0 : Number.parseInt(String(incarnation), 10);
  }

  async claim(partition: number, incarnation: Incarnation, withRecords: boolean): Promise<ClaimReply> {
    const shard = this.shards.ofPartition(partition);
    const { keys } = this.shards;
    const args = [incarnation.epoch, incarnation.k];
    const [kind, ...rest] = (await shard.call('claim', keys.incarnation(partition), args)) as [Buffer, ...Buffer[]];
    if (String(kind) === 'FENCED') return { kind: 'fenced', epoch: Number(rest[0]) };
    if (String(kind) === 'OUTDATED') return { kind: 'outdated' };
    if (String(kind) === 'EMPTY') return { kind: 'empty' };
    const flat = (withRecords ? await shard.ask('HGETALL', keys.records(partition, incarnation)) : []) as Buffer[];
    const records = [];
    for (let i = 0; i + 1 < flat.length; i += 2) {
      records.push({ driverId: String(flat[i]), record: flat[i + 1] as Buffer });
    }
    return { kind: 'built', ...readHeader(rest), records };
  }

  /** Never throws: no answer is `doubt`. Writes asked for in one turn of the event loop go out together. */
  async apply(partition: number, write: Apply): Promise<ApplyReply> {
    const resp = encodeApply(this.shards.keys, partition, write, this.positionsKeptMs);
    const replies = await this.send(this.shards.ofPartition(partition), resp);
    return replies === undefined ? 'doubt' : judgeApply(write, replies.at(-1));
  }

  /** Never throws: no answer is `doubt`. */
  async adopt(partition: number, adopt: Adopt): Promise<AdoptReply> {
    const shard = this.shards.ofPartition(partition);
    const built = await this.send(shard, encodeBuild(this.shards.keys, partition, adopt, this.positionsKeptMs));
    if (built === undefined) return 'doubt';
    try {
      const args = [adopt.from.epoch, adopt.from.k, adopt.to.k, adopt.n];
      const reply = await shard.call('adopt', this.shards.keys.incarnation(partition), args);
      return String(reply).toLowerCase() as AdoptReply;
    } catch {
      return 'doubt';
    }
  }

  enter(partition: number, requests: readonly EnterRequest[], nowMs: number): Promise<EnterReply> {
    return this.dueEnters.enter(partition, requests, nowMs);
  }

  /** What the partitions named have to clear, at most some hundreds a slot. */
  async todos(
    partitions: readonly number[],
    nowMs: number,
  ): Promise<{ todos: PartitionTodo[]; born: DirectoryBirths }> {
    const born = new Map<number, string>();
    const todos: PartitionTodo[] = [];
    const calls = this.shards.slots.map(async (slot) => {
      const args = [this.birthIds.next(), TODOS_A_SLOT, nowMs, this.entriesKeptMs, ...partitions];
      const [id, ...rows] = (await this.callSlot('todos', slot, args)) as [Buffer, ...Buffer[][]];
      born.set(slot, String(id));
      for (const [partition, driverId, token, capturedAtMs, ...elsewhere] of rows) {
        todos.push({
          partition: Number(partition),
          driverId: String(driverId),
          token: Number(token),
          capturedAtMs: Number(capturedAtMs),
          elsewhere: elsewhere.map(Number),
        });
      }
    });
    await Promise.all(calls);
    return { todos, born };
  }

  async clear(partition: number, todos: readonly Todo[]): Promise<void> {
    const calls = [...groupBySlot(todos.map(({ driverId }) => driverId))].map(async ([slot, indexes]) => {
      const pairs = indexes.flatMap((i) => [(todos[i] as Todo).driverId, (todos[i] as Todo).token]);
      await this.callSlot('clear', slot, [partition, ...pairs]);
    });
    await Promise.all(calls);
  }

  async look(wants: readonly { driverId: string; partitions: readonly number[] }[]): Promise<LookReply> {
    return Promise.all(
      wants.map(async ({ driverId, partitions }) => {
        const found = await Promise.all(
          partitions.map(async (partition) => ({
            partition,
            record: await readOneRecord(this.shards, partition, driverId),
          })),
        );
        return found.flatMap(({ partition, record }) => (record === undefined ? [] : [{ partition, record }]));
      }),
    );
  }

  /** Drops what the directory has kept long enough, a page of a slot; returns the next page's cursor, '0' at the end. */
  async sweep(slot: number, cursor: string, nowMs: number): Promise<string> {
    return String(await this.callSlot('sweep', slot, [cursor, SWEEP_PAGE, nowMs, this.entriesKeptMs]));
  }

  get slots(): readonly number[] {
    return this.shards.slots;
  }

  ping(): Promise<void> {
    return this.shards.ping();
  }

  close(): void {
    this.shards.close();
  }

  private callSlot(name: 'todos' | 'clear' | 'sweep', slot: number, args: (string | number)[]): Promise<unknown> {
    return this.shards.ofSlot(slot).call(name, this.shards.keys.born(slot), args);
  }

  /** Replies in order, or undefined when they didn't all come. */
  private async send(shard: Shard, resp: RespCommands): Promise<unknown[] | undefined> {
    const replies = await shard.send(resp.toCommands());
    return replies.some(([error]) => error !== null) ? undefined : replies.map(([, value]) => value);
  }
}

/** One driver's record in one partition. */
export async function readOneRecord(shards: Shards, partition: number, driverId: string): Promise<Buffer | undefined> {
  const key = shards.keys.incarnation(partition);
  const [record] = (await shards.ofPartition(partition).call('record', key, [driverId])) as [Buffer?];
  return record ?? undefined;
}

function groupBySlot(driverIds: readonly string[]): Map<number, number[]> {
  const bySlot = new Map<number, number[]>();
  for (const [i, driverId] of driverIds.entries()) {
    const slot = directorySlotOf(driverId);
    const indexes = bySlot.get(slot);
    if (indexes === undefined) bySlot.set(slot, [i]);
    else indexes.push(i);
  }
  return bySlot;
}

export function createPartitionStore(options: LocationStoreOptions): PartitionStore {
  return new PartitionStore(new Shards(options), options.ttlMs);
}
