import { directorySlotOf } from '@hexfleet/geo-partition';
import { ENTRIES_KEPT_TTLS, type EnterRequest, type Todo } from '@hexfleet/partition-table';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { DirectorySlot } from '../simulation/src/directory-slot.js';
import { compareAll, ModelledPair } from './modelled-pair.js';
import { RedisAtHand } from './redis-at-hand.js';

const TTL_MS = 60_000;
const KEPT_MS = ENTRIES_KEPT_TTLS * TTL_MS;
const START_MS = 1_700_000_000_000;
const PARTITIONS = [0, 1, 9];
const RUNS = 60;
const STEPS = 100;
/** Of one slot, which is all that the model has. */
const DRIVERS = Array.from({ length: 5_000 }, (_, i) => `d${i}`)
  .filter((driverId) => directorySlotOf(driverId) === directorySlotOf('d0'))
  .slice(0, 3);

let real: RedisAtHand;
beforeAll(async () => {
  real = await RedisAtHand.start(TTL_MS);
});
afterAll(() => real?.close());

class SeenSlot extends DirectorySlot {
  get stored() {
    const entries = [...this.entries].map(([id, { home, atMs, from }]) => [id, { home, atMs, from }] as const);
    return { entries: Object.fromEntries(entries), todos: this.todoKeys() };
  }
}

/** A slot of the directory in Redis and in the simulation, told and asked the same. */
class DirectoryPair extends ModelledPair {
  private readonly model = new SeenSlot(KEPT_MS);
  private nowMs = START_MS;
  private known: { readonly partition: number; readonly todo: Todo }[] = [];

  override async step(): Promise<void> {
    const what = this.random.next();
    if (what < 0.5) await this.enter();
    else if (what < 0.65) await this.todos();
    else if (what < 0.8) await this.clear();
    else if (what < 0.88) await this.correct();
    else if (what < 0.92) this.nowMs += Math.floor(this.random.between(0, 2 * TTL_MS));
    else if (what < 0.96) await this.sweep();
    else await this.fail();
    await this.compareState();
  }

  private async enter(): Promise<void> {
    const partition = this.pick(PARTITIONS);
    const requests = DRIVERS.filter(() => this.random.chance(0.5)).map(
      (driverId): EnterRequest => ({
        driverId,
        // Few moments, so that many are the same.
        capturedAtMs: this.nowMs - 1_000 * Math.floor(this.random.between(0, 6)),
        holds: this.random.chance(0.5),
        force: this.random.chance(0.3),
        life: -1,
        available: true,
      }),
    );
    const expected = this.model.enter(partition, requests, this.nowMs, 'born');
    const { entered } = await real.store.directory.enter(partition, requests, this.nowMs);
    for (const { ok, tiedWith, toldMs } of expected)
      this.note(`enter ${ok ? 'ok' : 'stale'}${tiedWith === undefined ? '' : ' tied'}${toldMs ? ' told' : ''}`);
    const said = (replies: typeof entered) => replies.map(({ ok, tiedWith, toldMs }) => [ok, tiedWith, toldMs]);
    expect(said(entered)).toEqual(said(expected));
  }

  private async todos(): Promise<void> {
    for (const partition of PARTITIONS) {
      const expected = this.model.todos(partition, this.nowMs, 'born');
      const { todos } = await real.store.directory.todos([partition], this.nowMs);
      const said = (list: readonly Todo[]) =>
        list
          .map(({ driverId, token, capturedAtMs, elsewhere }) => ({ driverId, token, capturedAtMs, elsewhere }))
          .sort((a, b) => (a.driverId < b.driverId ? -1 : 1));
      expect(said(todos)).toEqual(said(expected));
      this.known.push(...expected.map((todo) => ({ partition, todo })));
    }
  }

  /** Often one that is listed still, at times one that was listed before, at times of a token that never was. */
  private async clear(): Promise<void> {
    const last = this.known.at(-1);
    if (last === undefined) return;
    const { partition, todo } = this.random.chance(0.7) ? last : this.pick(this.known);
    const told = this.random.chance(0.1) ? { ...todo, token: 9_999 } : todo;
    this.note(`clear ${this.model.clear(partition, told.driverId, told.token) ? 'ok' : 'too late'}`);
    await real.store.directory.clear(partition, [told]);
  }

  private async correct(): Promise<void> {
    const driverId = this.pick(DRIVERS);
    const { entries } = this.model.stored;
    const { home, atMs } = entries[driverId] ?? { home: 0, atMs: this.nowMs };
    const partition = this.random.chance(0.2) ? this.pick(PARTITIONS) : home;
    const toldMs = this.random.chance(0.2) ? atMs - 1 : atMs;
    const correction = { driverId, toldMs, capturedAtMs: atMs - 1_000 };
    this.note(`correct ${this.model.correct(partition, correction) ? 'ok' : 'refused'}`);
    await real.store.directory.correct(partition, [correction]);
  }

  private async sweep(): Promise<void> {
    this.model.sweep(this.nowMs);
    let cursor = '0';
    do cursor = await real.store.directory.sweep(directorySlotOf('d0'), cursor, this.nowMs);
    while (cursor !== '0');
  }

  private async fail(): Promise<void> {
    if (this.random.chance(0.2)) {
      this.model.wipe();
      await real.redis.flushall();
    } else await this.keepOrPutBack(this.model, 0.6);
  }

  private async compareState(): Promise<void> {
    const { entries, todos } = await real.look.directory();
    const { stored } = this.model;
    expect(Object.fromEntries(entries)).toEqual(stored.entries);
    expect([...todos].sort()).toEqual([...stored.todos].sort());
  }
}

it('the directory and its model in the simulation say the same, whoever enters, clears and corrects in whatever order', async () => {
  const seen = await compareAll(real, (seed) => new DirectoryPair(seed, real), { runs: RUNS, steps: STEPS });
  const outcomes = ['enter ok', 'enter ok told', 'enter stale', 'enter stale tied'];
  const others = ['clear ok', 'clear too late', 'correct ok', 'correct refused'];
  expect([...outcomes, ...others].filter((what) => !((seen.get(what) ?? 0) > 20))).toEqual([]);
});
