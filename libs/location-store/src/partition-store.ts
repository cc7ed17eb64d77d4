import { isRecordLength } from '@hexfleet/driver-record';
import type { AdoptReply, ApplyReply, ClaimReply, Incarnation, LookReply } from '@hexfleet/partition-table';
import { Directory, entriesKeptMs } from './directory.js';
import { DueCalls } from './due-calls.js';
import { readHeader } from './partition-header.js';
import { type Adopt, type Apply, encodeApply, encodeBuild, judgeApply } from './partition-write.js';
import { readRecords } from './read-records.js';
import type { RespCommands } from './resp-commands.js';
import { type Degraded, type LocationStoreOptions, Shards } from './shards.js';

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

  /** Says from now on, to other fleets on the same Redis, that the fleet of this id writes there. */
  holdFor(fleetId: string): void {
    this.shards.holdFor(fleetId);
  }

  /**
   * The epoch that a partition's keys were last claimed with, or 0.
   * @throws also while another fleet may be writing the same Redis: its partitions are not to be taken.
   */
  async storedEpoch(partition: number): Promise<number> {
    this.shards.requireHeld(partition);
    const shard = this.shards.ofPartition(partition);
    const key = this.shards.keys.incarnation(partition);
    const incarnation = await shard.ask('GET', key).catch((error: unknown) => {
      shard.noteRefusal(key, error);
      throw error;
    });
    if (incarnation === null) return 0;
    const epoch = Number.parseInt(String(incarnation), 10);
    if (Number.isNaN(epoch)) {
      const error = new Error(`${key} holds what is not ours: remove it`);
      shard.noteFault(key, error);
      throw error;
    }
    return epoch;
  }

  /** Not to be repeated: who gets no answer claims under another name. */
  async claim(partition: number, incarnation: Incarnation, withRecords: boolean): Promise<ClaimReply> {
    const shard = this.shards.ofPartition(partition);
    const { keys } = this.shards;
    const args = [incarnation.epoch, incarnation.k];
    const [kind, ...rest] = (await shard.call('claim', keys.incarnation(partition), args)) as [Buffer, ...Buffer[]];
    if (String(kind) === 'FENCED') return { kind: 'fenced' };
    if (String(kind) === 'OUTDATED') return { kind: 'outdated' };
    if (String(kind) === 'EMPTY') return { kind: 'empty' };
    const [before, ...header] = rest;
    const flat = (withRecords ? await shard.ask('HGETALL', keys.records(partition, incarnation)) : []) as Buffer[];
    const records = [];
    for (let i = 0; i + 1 < flat.length; i += 2) {
      records.push({ driverId: String(flat[i]), record: flat[i + 1] as Buffer });
    }
    return { kind: 'built', before: incarnationOf(String(before)), ...readHeader(header), records };
  }

  /** Never throws: no answer is `doubt`. Writes asked for in one turn of the event loop go out together. */
  async apply(partition: number, write: Apply): Promise<ApplyReply> {
    const resp = encodeApply(this.shards.keys, partition, write, this.positionsKeptMs);
    const replies = await this.send(partition, resp);
    return replies === undefined ? 'doubt' : judgeApply(write, replies.at(-1));
  }

  /** Never throws: no answer is `doubt`. */
  async adopt(partition: number, adopt: Adopt): Promise<AdoptReply> {
    const shard = this.shards.ofPartition(partition);
    const built = await this.send(partition, encodeBuild(this.shards.keys, partition, adopt, this.positionsKeptMs));
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

  /** What is at risk though it works, or undefined. @throws StoreUnfit where a server does not do what it is needed for. */
  check(): Promise<Degraded | undefined> {
    return this.shards.check();
  }

  close(): void {
    this.shards.close();
  }

  /** Replies in order, or undefined when they didn't all come. */
  private async send(partition: number, resp: RespCommands): Promise<unknown[] | undefined> {
    const shard = this.shards.ofPartition(partition);
    const replies = await shard.send(resp.toCommands());
    const refused = replies.find(([error]) => error !== null)?.[0] ?? errorWithin(replies.at(-1)?.[1]);
    if (refused !== undefined) shard.noteRefusal(this.shards.keys.incarnation(partition), refused);
    return replies.some(([error]) => error !== null) ? undefined : replies.map(([, value]) => value);
  }
}

/** Of the text `epoch.k`. */
function incarnationOf(name: string): Incarnation {
  const [epoch = 0, k = 0] = name.split('.').map(Number);
  return { epoch, k };
}

/** A transaction goes on past a command that fails. */
function errorWithin(replies: unknown): Error | undefined {
  return Array.isArray(replies) ? replies.find((reply) => reply instanceof Error) : undefined;
}

export function createPartitionStore(options: LocationStoreOptions): PartitionStore {
  return new PartitionStore(new Shards(options, 'writer'), options.ttlMs);
}
