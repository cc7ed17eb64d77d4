import { setTimeout as sleep } from 'node:timers/promises';
import type { FleetView } from '../e2e/fleet-view.js';
import { someAtATime } from '../harness/index.js';
import type { Ledger } from './ledger.js';
import type { FleetLook, RedisLook } from './redis-look.js';
import type { Violations } from './violations.js';

/** Of the fresh drivers so many are looked for by place. */
const SOUGHT_BY_PLACE = 60;
const SOUGHT_WITHIN_M = 300;
const MOST_NEAR = 100;
const LOOK_AGAIN_MS = 50;
/** After three TTLs of silence nothing is left: but for the sweep's turn, and what a fault held up. */
const SWEPT_AFTER_TTLS = 3;
const SWEEP_SLACK_MS = 20_000;

/** What one look at a quiet fleet came to. */
export interface CheckpointReport {
  readonly drivers: number;
  /** Until every driver was shown at its newest accepted ping. */
  readonly convergedMs: number;
  /** Drivers silent for good, of whom nothing was left. */
  readonly gone: number;
}

/** I2 to I5 with the load paused: what is shown by id and by place, and what Redis itself holds. */
export class Checkpoint {
  constructor(
    private readonly view: FleetView,
    private readonly redis: RedisLook,
    private readonly ledger: Ledger,
    private readonly ttlMs: number,
    private readonly violations: Violations,
  ) {}

  /** @param pausedMs when the last answer to the load came. */
  async look(pausedMs: number): Promise<CheckpointReport> {
    const fresh = this.ledger.fresh(Date.now(), this.ttlMs / 3);
    const convergedMs = await this.#converged(fresh, pausedMs);
    await this.#inOnePlace(fresh);
    await this.#foundByPlace(fresh);
    const gone = await this.#leftNothing();
    return { drivers: fresh.length, convergedMs, gone };
  }

  /** I2: until all are shown as accepted, or as long as they live. */
  async #converged(fresh: readonly string[], pausedMs: number): Promise<number> {
    let late = [...fresh];
    while (late.length > 0) {
      const shown = await someAtATime(late, (id) => this.view.driver(id).catch(() => undefined));
      const nowMs = Date.now();
      late = late.filter((id, i) => {
        const position = shown[i];
        if (position !== undefined && this.ledger.mayShow(id, position)) return false;
        if (nowMs - (this.ledger.newest(id)?.capturedAtMs ?? 0) < 0.8 * this.ttlMs) return true;
        this.violations.add('I2', `${id} is not shown at its newest accepted ping`, {
          newestAccepted: this.ledger.newest(id),
          shown: position ?? 'nowhere',
        });
        return false;
      });
      if (late.length === 0) return nowMs - pausedMs;
      await sleep(LOOK_AGAIN_MS);
    }
    return Date.now() - pausedMs;
  }

  /** I3: each in one geo set and hash of records, at its newest; and no set without its record. */
  async #inOnePlace(fresh: readonly string[]): Promise<void> {
    let seen: FleetLook = await this.redis.fleet();
    const faults = () =>
      fresh.flatMap((id) => {
        const stored = seen.drivers.get(id) ?? [];
        const isOld = Date.now() - (this.ledger.newest(id)?.capturedAtMs ?? 0) > 0.8 * this.ttlMs;
        const isRight = stored.length === 1 && stored[0] !== undefined && this.ledger.mayShow(id, stored[0]);
        return isRight || (isOld && stored.length === 0) ? [] : [{ id, stored }];
      });
    for (const untilMs = Date.now() + this.ttlMs / 2; faults().length > 0 && Date.now() < untilMs; ) {
      await sleep(LOOK_AGAIN_MS);
      seen = await this.redis.fleet();
    }
    const directory = await this.redis.directory();
    for (const { id, stored } of faults()) {
      const partitions = seen.partitions.filter(({ partition }) => stored.some((one) => one.partition === partition));
      const entry = directory.entries.get(id);
      const todos = directory.todos.filter((todo) => todo.endsWith(`/${id}`));
      const evidence = { stored, newestAccepted: this.ledger.newest(id), entry, todos, partitions };
      this.violations.add('I3', `${id} is stored in ${stored.length} places, or at the wrong time`, evidence);
    }
    for (const one of seen.torn) this.violations.add('I3', `geo set and record differ: ${one}`);
  }

  /** I4: a query around a driver finds it. */
  async #foundByPlace(fresh: readonly string[]): Promise<void> {
    const step = Math.max(1, Math.floor(fresh.length / SOUGHT_BY_PLACE));
    const sought = fresh.filter((_, i) => i % step === 0);
    await someAtATime(sought, async (id) => {
      const place = this.ledger.newest(id);
      if (place === undefined) return;
      const near = await this.view.near(place.lat, place.lng, MOST_NEAR, SOUGHT_WITHIN_M).catch(() => undefined);
      const isStillFresh = Date.now() - place.capturedAtMs < 0.9 * this.ttlMs;
      if (near === undefined || !isStillFresh || near.length === MOST_NEAR || near.some((one) => one.id === id)) return;
      // One whose newer ping is in doubt may be elsewhere.
      const shown = await this.view.driver(id);
      if (shown !== undefined && shown.capturedAtMs !== place.capturedAtMs) return;
      this.violations.add('I4', `${id} is not found around its place`, {
        place,
        near: near.map((one) => one.id),
        shown,
      });
    });
  }

  /** I5: of those silent for three TTLs Redis holds nothing. */
  async #leftNothing(): Promise<number> {
    const gone = new Set(this.ledger.silent(Date.now(), SWEPT_AFTER_TTLS * this.ttlMs + this.ttlMs / 3));
    const untilMs = Date.now() + SWEEP_SLACK_MS;
    while (true) {
      const [{ drivers }, { entries, todos }] = await Promise.all([this.redis.fleet(), this.redis.directory()]);
      const left = [
        ...[...drivers].filter(([id]) => gone.has(id)),
        ...[...entries].filter(([id]) => gone.has(id)),
        ...todos.filter((todo) => gone.has(todo.slice(todo.indexOf('/') + 1))),
      ];
      if (left.length === 0) return gone.size;
      if (Date.now() > untilMs) {
        this.violations.add('I5', `${left.length} things are left of drivers silent for three TTLs`, left.slice(0, 20));
        return gone.size;
      }
      await sleep(20 * LOOK_AGAIN_MS);
    }
  }
}
