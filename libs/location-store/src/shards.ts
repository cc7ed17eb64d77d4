import { DIRECTORY_SLOTS, rendezvous } from '@hexfleet/geo-partition';
import { Redis } from 'ioredis';
import { FleetHold } from './fleet-hold.js';
import { FunctionLibrary } from './function-library.js';
import { Keys } from './keys.js';
import { ranked, type ServerProblem, type StoreRole } from './server-problem.js';
import { ServerWatch } from './server-watch.js';
import { Shard } from './shard.js';
import { StoreUnfit } from './store-unfit.js';

export interface LocationStoreOptions {
  /** One endpoint or several; a partition's endpoint is found by rendezvous hashing of its tag. */
  readonly redisUrls: readonly string[];
  /** Prefix of every key. */
  readonly name: string;
  /** A silent driver's position is shown this long. */
  readonly ttlMs: number;
  /** Told of connection errors, once a change. */
  readonly onConnection: (endpoint: string, error: Error | undefined) => void;
  /** Told what is wrong with a server that answers, once a change; of no problems when all is well again. */
  readonly onProblems?: (endpoint: string, problems: readonly string[]) => void;
}

/** What works, and is at risk. */
export interface Degraded {
  readonly degraded: string;
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
  private readonly watched = new Map<Shard, { readonly watch: ServerWatch; readonly hold: FleetHold }>();
  private readonly endpoints: readonly string[];

  constructor(options: LocationStoreOptions, role: StoreRole) {
    this.keys = new Keys(options.name);
    const functions = new FunctionLibrary();
    for (const url of options.redisUrls) {
      const { host } = new URL(url);
      const shard = new Shard(host, connect(url, options), functions, role);
      const hold = new FleetHold(shard, this.keys.fleet);
      const onProblems = (texts: readonly string[]) => options.onProblems?.(host, texts);
      const known = () => [...(hold.problem === undefined ? [] : [hold.problem]), ...shard.refused];
      const watch = new ServerWatch(shard, { role, formatKey: this.keys.format, onProblems }, known);
      this.byEndpoint.set(endpointOf(url), shard);
      this.watched.set(shard, { watch, hold });
    }
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

  /** Says on each server, from now on, that the fleet of this id writes there. */
  holdFor(fleetId: string): void {
    for (const { hold } of this.watched.values()) hold.claim(fleetId);
  }

  /** @throws Error while it isn't sure that a partition's server may be written by this fleet. */
  requireHeld(partition: number): void {
    this.watched.get(this.ofPartition(partition))?.hold.requireHeld();
  }

  /** What is at risk though it works, or undefined. @throws StoreUnfit where a server does not do what it is needed for. */
  async check(): Promise<Degraded | undefined> {
    const found = await Promise.all([...this.watched].map(([shard, { watch }]) => this.problemsOf(shard, watch)));
    const problems = found.flat();
    const serious = problems.filter(({ severity }) => severity !== 'degraded');
    if (serious.length > 0) {
      const isFinal = serious.some(({ severity }) => severity === 'refuse');
      throw new StoreUnfit(serious.map(({ text }) => text).join('; '), isFinal);
    }
    return problems.length === 0 ? undefined : { degraded: problems.map(({ text }) => text).join('; ') };
  }

  close(): void {
    for (const { watch, hold } of this.watched.values()) {
      watch.close();
      hold.close();
    }
    for (const shard of this.byEndpoint.values()) shard.close();
  }

  private async problemsOf(shard: Shard, watch: ServerWatch): Promise<ServerProblem[]> {
    const silence = await shard.silence();
    // What a server said before it fell silent is no news.
    const problems =
      silence?.kind === 'away' ? [silence] : ranked([...(silence ? [silence] : []), ...watch.problems()]);
    return problems.map((problem) => ({ ...problem, text: `Redis ${shard.endpoint} ${problem.text}` }));
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
    // A server that is loading its data says so to each command: that is told, where waiting in silence would not be.
    enableReadyCheck: false,
    protocol: 2,
    connectTimeout: SILENCE_MS,
    socketTimeout: SILENCE_MS,
    retryStrategy: (attempt) => Math.min(100 * attempt, 1_000),
  });
  const endpoint = new URL(url).host;
  let failing: string | undefined;
  client.on('error', (error: Error) => {
    if (failing !== error.message) onConnection(endpoint, error);
    failing = error.message;
  });
  client.on('ready', () => {
    if (failing !== undefined) onConnection(endpoint, undefined);
    failing = undefined;
  });
  return client;
}
