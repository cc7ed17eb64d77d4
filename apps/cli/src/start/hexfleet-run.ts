import { join } from 'node:path';
import { NoServers, provideServerBinaries } from '@hexfleet/embedded-servers';
import type { Logger } from '@hexfleet/telemetry';
import type { Secrets } from '../secrets.js';
import { UserError } from '../user-error.js';
import { appEnvironment, writerEnvironment } from './app-environment.js';
import { appRecipe, commandRecipe } from './app-unit.js';
import { KeptAlive } from './kept-alive.js';
import { becomesReady } from './readiness.js';
import type { RunRecord } from './run-record.js';
import { natsRecipe, redisRecipe } from './server-unit.js';
import type { StartOptions } from './start-options.js';
import { type StartTokens, startTokens } from './tokens.js';
import type { RunningUnit, UnitRecipe } from './unit.js';

/** All that runs, once all of it answers. */
export interface HexfleetUp {
  readonly gateway: RunningUnit & { url: string };
  readonly nearby: RunningUnit & { url: string };
  readonly ops: RunningUnit & { url: string };
  readonly writers: readonly (RunningUnit & { url: string })[];
  readonly nats: { readonly url: string; readonly pid: number | null };
  readonly redis: readonly { readonly url: string; readonly pid: number | null }[];
  readonly tokens: StartTokens;
}

/**
 * A Hexfleet on this machine. Started from the stores outward, so that each process finds what it needs, and stopped from
 * the edge inward, so that what was accepted is still written: demo, gateway, writer, nearby, ops, then NATS and Redis.
 */
export class HexfleetRun {
  readonly #options: StartOptions;
  readonly #secrets: Secrets;
  readonly #record: RunRecord;
  readonly #logger: Logger;
  readonly #units: KeptAlive[] = [];
  readonly #stopping = new AbortController();

  constructor(options: StartOptions, secrets: Secrets, record: RunRecord, logger: Logger) {
    this.#options = options;
    this.#secrets = secrets;
    this.#record = record;
    this.#logger = logger;
  }

  /** @throws UserError naming the process that can't come up; the caller stops what runs by then. */
  async start(): Promise<HexfleetUp> {
    const options = this.#options;
    const stores = await this.#startStores();
    const env = appEnvironment(options, this.#secrets, {
      nats: stores.nats.url,
      redis: stores.redis.map(({ url }) => url),
    });
    const app = (name: string, port: number) => this.#startApp(appRecipe({ label: name, app: name, env, port }));
    const writer = (_: unknown, i: number) => {
      const recipe = { label: `writer-${i + 1}`, app: 'location-writer', env: writerEnvironment(env, i + 1), port: 0 };
      return this.#startApp(appRecipe(recipe));
    };
    const [gateway, nearby, ops, ...writers] = await Promise.all([
      app('gateway', options.gatewayPort),
      app('nearby', options.nearbyPort),
      app('ops', options.opsPort),
      ...Array.from({ length: options.workers }, writer),
    ]);
    const tokens = await startTokens(this.#secrets.jwtSecret);
    if (options.demo) await this.#startDemo(gateway.url, tokens);
    return { gateway, nearby, ops, writers, ...stores, tokens };
  }

  /** Ends all that runs or is starting; false when something had to be killed. */
  async stop(): Promise<boolean> {
    this.#stopping.abort(new Error('stopping'));
    let orderly = true;
    for (const kind of STOP_ORDER) {
      const units = this.#units.filter(({ label }) => label.replace(/-\d+$/, '') === kind);
      for (const clean of await Promise.all(units.map((unit) => unit.stop()))) orderly &&= clean;
    }
    return orderly;
  }

  async #startStores(): Promise<Pick<HexfleetUp, 'nats' | 'redis'>> {
    const { nats, redis, dataDir } = this.#options;
    const needed = SERVERS.filter((name) => this.#options[name] === undefined);
    const binaries = await provideServerBinaries({ needed, say: (line) => this.#logger.info(line) }).catch((error) => {
      const elsewhere = needed.map((name) => `--${name} URL`).join(' ');
      throw error instanceof NoServers
        ? new UserError(`${error.message}\nor, to use what runs elsewhere: start ${elsewhere}`)
        : error;
    });
    const ownNats = async () => {
      const unit = await this.#start(natsRecipe(join(dataDir, 'nats'), this.#secrets, binaries.nats));
      return { url: unit.url ?? '', pid: unit.pid };
    };
    const ownRedis = async () => {
      const unit = await this.#start(redisRecipe(join(dataDir, 'redis'), this.#secrets, binaries.redis));
      return [{ url: unit.url ?? '', pid: unit.pid }];
    };
    const [natsUp, redisUp] = await Promise.all([
      nats === undefined ? ownNats() : { url: nats, pid: null },
      redis === undefined ? ownRedis() : redis.map((url) => ({ url, pid: null })),
    ]);
    return { nats: natsUp, redis: redisUp };
  }

  async #startApp(recipe: UnitRecipe): Promise<RunningUnit & { url: string }> {
    const unit = await this.#start(recipe);
    const url = unit.url ?? '';
    await becomesReady(recipe.label, url, this.#stopping.signal).catch((error: Error) => {
      throw new UserError(error.message);
    });
    return { ...unit, url };
  }

  /**
   * Sixty drivers around the centre of San Francisco, where the first query that we suggest looks. Their token goes by the
   * environment: everybody on the machine can see a command line.
   */
  async #startDemo(gatewayUrl: string, tokens: StartTokens): Promise<void> {
    const args = ['simulate', '--drivers', '60', '--interval', '4s', '--duration', '24h', '--id-prefix', 'demo-'];
    const env = { ...process.env, HEXFLEET_TOKEN: tokens.fleet };
    const recipe = commandRecipe('demo', [...args, '--gateway', gatewayUrl], env);
    await this.#start(recipe);
  }

  async #start(recipe: UnitRecipe): Promise<RunningUnit> {
    this.#stopping.signal.throwIfAborted();
    const unit = new KeptAlive(recipe, this.#logger, (label, { pid }) => this.#record.note(label, pid));
    this.#units.push(unit);
    try {
      return await unit.start();
    } catch (error) {
      throw new UserError(`${recipe.label} can't be started: ${(error as Error).message}`);
    }
  }
}

const SERVERS = ['nats', 'redis'] as const;
const STOP_ORDER = ['demo', 'gateway', 'writer', 'nearby', 'ops', 'nats', 'redis'];
