import { readRecord } from '@hexfleet/driver-record';
import { Redis } from 'ioredis';

/** The keys of a fleet that was given no other name. */
export const NAME = 'hexfleet';
export const PARTITIONS = 64;

/** A partition as Redis has it under the incarnation that counts. */
export interface PartitionLook {
  readonly partition: number;
  readonly epoch: number;
  readonly k: number;
  readonly header: Readonly<Record<string, string>>;
}

export interface StoredDriver {
  readonly partition: number;
  readonly lat: number;
  readonly lng: number;
  readonly capturedAtMs: number;
}

/** All positions of one moment. */
export interface FleetLook {
  readonly partitions: readonly PartitionLook[];
  /** By driver: where it is stored, more than once while it crosses. */
  readonly drivers: ReadonlyMap<string, readonly StoredDriver[]>;
  /** Members of a geo set without their record, and records without a member. */
  readonly torn: readonly string[];
}

export interface DirectoryLook {
  /** By driver: home, homes still to be cleared, and the time that it was last told of. */
  readonly entries: ReadonlyMap<string, { home: number; atMs: number; from: number[] }>;
  /** `p/driver`. */
  readonly todos: readonly string[];
}

/** In one step, so that it is one moment of all partitions. */
const HEADERS_SCRIPT = `local out = {}
for p = 0, ARGV[2] - 1 do
  local base = ARGV[1] .. ':{' .. p .. '}:'
  local inc = redis.call('GET', base .. 'inc')
  if inc then
    local row = { p, inc, redis.call('HGETALL', base .. 'header:' .. inc) }
    if ARGV[3] == 'all' then
      row[4] = redis.call('ZRANGE', base .. 'geo:' .. inc, 0, -1)
      row[5] = redis.call('HGETALL', base .. 'records:' .. inc)
    end
    out[#out + 1] = row
  end
end
return out`;

type Row = [number, Buffer, Buffer[], Buffer[]?, Buffer[]?];

/** Looks into Redis past all of the project's own code. @throws where Redis is away. */
export class RedisLook {
  readonly #redis: Redis;

  constructor(url: string) {
    this.#redis = new Redis(url, { maxRetriesPerRequest: 0, retryStrategy: () => 100, commandTimeout: 5_000 });
    // Redis is taken away on purpose; who asks meanwhile gets the error.
    this.#redis.on('error', () => undefined);
  }

  async partitions(): Promise<PartitionLook[]> {
    return (await this.#rows('headers')).map(partitionOf);
  }

  async fleet(): Promise<FleetLook> {
    const rows = await this.#rows('all');
    const drivers = new Map<string, StoredDriver[]>();
    const torn: string[] = [];
    for (const row of rows) {
      const members = new Set((row[3] ?? []).map(String));
      for (const [id, packed] of pairsOf(row[4])) {
        const driverId = String(id);
        const { latDeg, lngDeg, capturedAtMs } = readRecord(packed);
        const stored = { partition: row[0], lat: latDeg, lng: lngDeg, capturedAtMs };
        drivers.set(driverId, [...(drivers.get(driverId) ?? []), stored]);
        if (!members.delete(driverId)) torn.push(`${driverId} in the records alone of ${row[0]}`);
      }
      for (const driverId of members) torn.push(`${driverId} in the geo set alone of ${row[0]}`);
    }
    return { partitions: rows.map(partitionOf), drivers, torn };
  }

  async directory(): Promise<DirectoryLook> {
    const entries = new Map<string, { home: number; atMs: number; from: number[] }>();
    for (const key of await this.#redis.keys(`${NAME}:{d*}:entries:*`)) {
      for (const [id, packed] of Object.entries(await this.#redis.hgetallBuffer(key))) {
        const from = Array.from({ length: (packed.length - 10) / 2 }, (_, i) => packed.readUInt16BE(10 + 2 * i));
        entries.set(id, { home: packed.readUInt16BE(0), atMs: packed.readUIntBE(4, 6), from });
      }
    }
    const todos: string[] = [];
    for (const key of await this.#redis.keys(`${NAME}:{d*}:todo`)) todos.push(...(await this.#redis.hkeys(key)));
    return { entries, todos };
  }

  /** Every key with the ms that it has left, −1 for those that stay. */
  async keys(): Promise<Map<string, number>> {
    const keys = await this.#redis.keys('*');
    const left = await Promise.all(keys.map((key) => this.#redis.pttl(key)));
    return new Map(keys.map((key, i) => [key, left[i] as number]));
  }

  async memoryBytes(): Promise<number> {
    return Number(/used_memory:(\d+)/.exec(await this.#redis.info('memory'))?.[1] ?? 0);
  }

  /** As after a restart without any file: the functions go, too. */
  async empty(): Promise<void> {
    await this.#redis.multi().flushall().function('FLUSH').exec();
  }

  close(): void {
    this.#redis.disconnect();
  }

  async #rows(what: 'headers' | 'all'): Promise<Row[]> {
    return (await this.#redis.callBuffer('EVAL', HEADERS_SCRIPT, 0, NAME, PARTITIONS, what)) as Row[];
  }
}

function partitionOf([partition, incarnation, header]: Row): PartitionLook {
  const [epoch, k] = String(incarnation).split('.').map(Number);
  const fields = pairsOf(header).map(([field, value]) => [String(field), String(value)]);
  return { partition, epoch: epoch ?? 0, k: k ?? 0, header: Object.fromEntries(fields) };
}

function pairsOf(flat: readonly Buffer[] = []): [Buffer, Buffer][] {
  return Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i] as Buffer, flat[2 * i + 1] as Buffer]);
}
