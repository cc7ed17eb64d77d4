import { isRecordLength } from '@hexfleet/driver-record';
import type { AdoptReply, ApplyReply, ClaimReply, Incarnation, LookReply } from '@hexfleet/partition-table';
import { Directory, entriesKeptMs } from './directory.js';
import { DueCalls } from './due-calls.js';
import { readHeader } from './partition-header.js';
import { type Adopt, type Apply, encodeApply, encodeBuild, judgeApply } from './partition-write.js';
import { readRecords } from './read-records.js';
import type { RespCommands } from './resp-commands.js';
import type { Shard } from './shard.js';
import { type LocationStoreOptions, Shards } from './shards.js';

/** The writer's side of the store. Unless it says otherwise, a method throws when it got no answer, and may be repeated. */
export class PartitionStore {
  readonly directory: Directory;
  private readonly positionsKeptMs: number;
  private readonly looks: DueCalls<string, Buffer | undefined>;

  constructor(
    private readonly shards: Shards,
    ttlMs: number,
  ) {
    this.positionsKeptMs = 3 * ttlMs;
    this.directory = new Directory(shards, entriesKeptMs(ttlMs));
    this.looks = new DueCalls((partition, driverIds) => readRecords(shards, partition, driverIds));
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

  /** What other partitions hold of some drivers; what can't be a record is none. */
  look(wants: readonly { driverId: string; partitions: readonly number[] }[]): Promise<LookReply> {
    const found = wants.map(async ({ driverId, partitions }) => {
      const records = await Promise.all(partitions.map((partition) => this.looks.ask(partition, driverId)));
      return records.flatMap((record, i) =>
        record === undefined || !isRecordLength(record.length) ? [] : [{ partition: partitions[i] as number, record }],
      );
    });
    return Promise.all(found);
  }

  ping(): Promise<void> {
    return this.shards.ping();
  }

  close(): void {
    this.shards.close();
  }

  /** Replies in order, or undefined when they didn't all come. */
  private async send(shard: Shard, resp: RespCommands): Promise<unknown[] | undefined> {
    const replies = await shard.send(resp.toCommands());
    return replies.some(([error]) => error !== null) ? undefined : replies.map(([, value]) => value);
  }
}

export function createPartitionStore(options: LocationStoreOptions): PartitionStore {
  return new PartitionStore(new Shards(options), options.ttlMs);
}
