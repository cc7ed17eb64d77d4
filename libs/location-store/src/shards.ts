import { DIRECTORY_SLOTS, rendezvous } from '@hexfleet/geo-partition';
import { Redis } from 'ioredis';
import { FunctionLibrary } from './function-library.js';
import { Keys } from './keys.js';
import { Shard } from './shard.js';

export interface LocationStoreOptions {
  /** One endpoint or several; a partition's endpoint is found by rendezvous hashing of its tag. */
  readonly redisUrls: readonly string[];
  /** Prefix of every key. */
  readonly name: string;
  /** A silent driver's position is shown this long. */
  readonly ttlMs: number;
  /** Told of connection errors, once a change. */
  readonly onConnection: (endpoint: string, error: Error | undefined) => void;
}

/** A server that says nothing for this long is taken for lost, and what was asked of it for in doubt. */
const SILENCE_MS = 4_000;
const DEFAULT_PORT = 6_379;

/**
 * One connection to each endpoint. Commands fail at once while an endpoint is away, and a command whose connection broke is
 * never sent again behind the caller's back: whether to repeat it is the protocol's decision.
 */
export class Shards {
  readonly keys: Keys;
  /** By host, port and database: what else a URL says, such as a password, does not move a partition. */
  private readonly byEndpoint = new Map<string, Shard>();
  private readonly endpoints: readonly string[];

  constructor(options: LocationStoreOptions) {
    this.keys = new Keys(options.name);
    const functions = new FunctionLibrary();
    for (const url of options.redisUrls)
      this.byEndpoint.set(endpointOf(url), new Shard(connect(url, options), functions));
    this.endpoints = [...this.byEndpoint.keys()];
  }

  ofPartition(partition: number): Shard {
    return this.ofTag(this.keys.partitionTag(partition));
  }

  ofSlot(slot: number): Shard {
    return this.ofTag(this.keys.slotTag(slot));
  }

  get slots(): readonly number[] {
    return Array.from({ length: DIRECTORY_SLOTS }, (_, slot) => slot);
  }

  /** @throws the first endpoint's error, where one does not answer. */
  async ping(): Promise<void> {
    await Promise.all([...this.byEndpoint.values()].map((shard) => shard.ping()));
  }

  close(): void {
    for (const shard of this.byEndpoint.values()) shard.close();
  }

  private ofTag(tag: string): Shard {
    return this.byEndpoint.get(rendezvous(tag, this.endpoints)) as Shard;
  }
}

function endpointOf(url: string): string {
  const { hostname, port, pathname } = new URL(url);
  return `${hostname}:${port || DEFAULT_PORT}/${Number(pathname.slice(1))}`;
}

function connect(url: string, { onConnection }: LocationStoreOptions): Redis {
  const client = new Redis(url, {
    autoResendUnfulfilledCommands: false,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    protocol: 2,
    connectTimeout: SILENCE_MS,
    socketTimeout: SILENCE_MS,
    retryStrategy: (attempt) => Math.min(100 * attempt, 1_000),
  });
  const endpoint = new URL(url).host;
  let failing = false;
  client.on('error', (error: Error) => {
    if (!failing) onConnection(endpoint, error);
    failing = true;
  });
  client.on('ready', () => {
    if (failing) onConnection(endpoint, undefined);
    failing = false;
  });
  return client;
}
