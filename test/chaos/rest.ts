import { setTimeout as sleep } from 'node:timers/promises';
import type { FleetView } from '../e2e/fleet-view.js';
import { mayRemain } from '../e2e/keys-at-rest.js';
import { NAME, type RedisLook } from './redis-look.js';
import type { Violations } from './violations.js';

const TTLS = 3;
const SLACK_MS = 15_000;

export interface RestReport {
  readonly keys: number;
  /** Headers that a former owner's late write left under a name that nobody reads. */
  readonly orphanedHeaders: number;
  readonly memoryBytes: number;
}

/** I5 of the whole fleet: once nobody has pinged for three TTLs, no process and no key holds a driver. */
export class Rest {
  constructor(
    private readonly view: FleetView,
    private readonly redis: RedisLook,
    private readonly ttlMs: number,
    private readonly violations: Violations,
  ) {}

  async look(isToStop: () => boolean): Promise<RestReport | object> {
    for (const untilMs = Date.now() + TTLS * this.ttlMs; Date.now() < untilMs; await sleep(200))
      if (isToStop()) return {};
    const untilMs = Date.now() + SLACK_MS;
    let held: object | undefined = await this.#held();
    while (held !== undefined && Date.now() < untilMs) {
      await sleep(500);
      held = await this.#held();
    }
    if (held !== undefined) this.violations.add('I5', 'something is left of a fleet that fell silent', held);
    return this.#report();
  }

  async #held(): Promise<object | undefined> {
    const [keys, rows] = await Promise.all([this.redis.keys(), this.view.partitionRows()]);
    const left = [...keys].filter(([key]) => !mayRemain(key));
    const inMemory = rows.filter(({ drivers }) => drivers > 0);
    return left.length === 0 && inMemory.length === 0 ? undefined : { left: left.slice(0, 20), inMemory };
  }

  async #report(): Promise<RestReport> {
    const [keys, partitions] = await Promise.all([this.redis.keys(), this.redis.partitions()]);
    const current = new Set(partitions.map(({ partition, epoch, k }) => `${NAME}:{${partition}}:header:${epoch}.${k}`));
    const orphans = [...keys].filter(([key]) => key.includes(':header:') && !current.has(key));
    const forEver = orphans.filter(([, leftMs]) => leftMs < 0);
    if (forEver.length > 0)
      this.violations.add('I5', 'headers under old names that never expire', forEver.slice(0, 20));
    return { keys: keys.size, orphanedHeaders: orphans.length, memoryBytes: await this.redis.memoryBytes() };
  }
}
