import { RECORD_BYTES, recordSeq, writeRecord } from '@hexfleet/driver-record';
import type { DriverWrite, Incarnation, OwnerEffect, PartitionTotals } from '@hexfleet/partition-table';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { nameOf, PartitionKeys } from '../simulation/src/partition-keys.js';
import { compareAll, ModelledPair } from './modelled-pair.js';
import { RedisAtHand } from './redis-at-hand.js';

const TTL_MS = 60_000;
const START_MS = 1_700_000_000_000;
const PARTITION = 7;
const RUNS = 60;
const STEPS = 80;
const DRIVERS = ['a', 'b', 'c'];
const PUBLISHERS = ['aa', 'bb'];

type Apply = Extract<OwnerEffect, { kind: 'apply' }>;
type Adopt = Extract<OwnerEffect, { kind: 'adopt' }>;

let real: RedisAtHand;
beforeAll(async () => {
  real = await RedisAtHand.start(TTL_MS);
});
afterAll(() => real?.close());

class SeenKeys extends PartitionKeys {
  /** Under which the keys lie that count. */
  get name(): string {
    return this.inc === undefined ? '' : nameOf(this.inc);
  }
}

/** A partition in Redis and in the simulation, asked the same by owners that make all mistakes that owners may make. */
class PartitionPair extends ModelledPair {
  private readonly model = new SeenKeys();
  private epoch = 1;
  private k = 0;
  private n = 0;
  private seq = 0;
  private readonly sent: (() => Promise<void>)[] = [];

  override async step(): Promise<void> {
    const what = this.random.next();
    if (what < 0.1) await this.do(this.claim());
    else if (what < 0.7) await this.do(this.apply());
    else if (what < 0.82) await this.do(this.adopt());
    else if (what < 0.9) await this.again();
    else await this.fail();
    await this.compareState();
  }

  private async do(act: () => Promise<void>): Promise<void> {
    this.sent.push(act);
    await act();
  }

  /** A request of before that comes once more, or late. */
  private async again(): Promise<void> {
    if (this.sent.length > 0) await this.pick(this.sent)();
  }

  private async fail(): Promise<void> {
    const what = this.random.next();
    if (what < 0.15) {
      this.model.wipe();
      await real.redis.flushall();
    } else if (what < 0.35) {
      this.model.evict();
      for (const kind of ['geo', 'records']) {
        const keys = await real.redis.keys(`*:{${PARTITION}}:${kind}:${this.model.name}`);
        if (keys.length > 0) await real.redis.del(keys);
      }
    } else await this.keepOrPutBack(this.model, 0.5);
  }

  /** Mostly as a sound owner would; now and then under an epoch or a number that is not its own. */
  private incarnation(k: number): Incarnation {
    return { epoch: this.random.chance(0.1) ? this.epoch - 1 : this.epoch, k: this.random.chance(0.2) ? k - 1 : k };
  }

  private claim(): () => Promise<void> {
    if (this.random.chance(0.25)) {
      this.epoch++;
      this.k = 0;
    }
    const incarnation = this.incarnation(++this.k);
    return async () => {
      const expected = this.model.claim(incarnation, true);
      const reply = await real.store.claim(PARTITION, incarnation, true);
      this.note(`claim ${expected.kind}`);
      expect(comparable(reply)).toEqual(comparable(expected));
      if (expected.kind === 'built') this.n = expected.n;
    };
  }

  private apply(): () => Promise<void> {
    const sets = this.sets(0.5);
    const removals = DRIVERS.filter(
      (driverId) => this.random.chance(0.1) && !sets.some((one) => one.driverId === driverId),
    );
    const after = new Set([...this.model.visible.keys(), ...sets.map(({ driverId }) => driverId)]);
    for (const driverId of removals) after.delete(driverId);
    const holds = this.random.chance(0.05) ? after.size + 1 : after.size;
    const n = this.random.chance(0.1) ? this.n : this.n + 1;
    const changedPublishers = PUBLISHERS.filter(() => this.random.chance(0.5));
    const write: Apply = {
      ...{ kind: 'apply', incarnation: this.incarnation(this.k), n, sets, moved: sets, removals, holds },
      ...{ totals: this.totals(), changedPublishers, asOfMs: START_MS },
    };
    return async () => {
      const expected = this.model.apply(write);
      this.note(`apply ${expected}`);
      expect(await real.store.apply(PARTITION, write)).toBe(expected);
      if (expected === 'ok') this.n = write.n;
    };
  }

  private adopt(): () => Promise<void> {
    const from = this.incarnation(this.k);
    const to = { epoch: from.epoch, k: ++this.k };
    const adopt: Adopt = {
      ...{ kind: 'adopt', from, to, n: this.n + 1, sets: this.sets(0.7), totals: this.totals(), asOfMs: START_MS },
    };
    return async () => {
      this.model.build(adopt);
      const expected = this.model.adopt(adopt);
      this.note(`adopt ${expected}`);
      expect(await real.store.adopt(PARTITION, adopt)).toBe(expected);
      if (expected === 'ok') this.n = adopt.n;
    };
  }

  private sets(share: number): DriverWrite[] {
    return DRIVERS.filter(() => this.random.chance(share)).map((driverId) => ({
      driverId,
      record: recordOf(++this.seq),
    }));
  }

  private totals(): PartitionTotals {
    const seq = ++this.seq;
    const publishers = new Map(
      PUBLISHERS.filter(() => this.random.chance(0.8)).map((name) => [name, { total: seq, seenAtMs: START_MS }]),
    );
    const position = this.random.chance(0.9) ? { stream: 's', seq } : undefined;
    return { position, written: seq, superseded: seq >> 1, expired: seq >> 2, publishers };
  }

  private async compareState(): Promise<void> {
    const { partitions, drivers, torn } = await real.look.fleet();
    const stored = [...drivers.keys()].sort();
    expect(stored).toEqual([...this.model.visible.keys()].sort());
    expect(torn).toEqual([]);
    expect(partitions[0]?.epoch ?? 0).toBe(this.model.epoch);
    const { header } = this.model;
    const { n, count } = partitions[0]?.header ?? {};
    expect([n, header?.unbuilt ? undefined : count]).toEqual([
      header && String(header.n),
      header?.unbuilt ? undefined : header && String(header.count),
    ]);
  }
}

function recordOf(seq: number): Buffer {
  const record = Buffer.alloc(RECORD_BYTES);
  const none = { headingDeg: undefined, speedMps: undefined, accuracyM: undefined };
  const rest = { vehicleClass: 'car', status: 'available' } as const;
  writeRecord(record, 0, { latDeg: 1, lngDeg: 2, capturedAtMs: START_MS + seq, seq, ...rest, ...none });
  return record;
}

/** Replies without their order of drivers, and with publishers that Jest can compare. */
function comparable(reply: ReturnType<PartitionKeys['claim']>): unknown {
  if (reply.kind !== 'built') return reply;
  const records = reply.records.map(({ driverId, record }) => `${driverId} ${recordSeq(record)}`).sort();
  const publishers = Object.fromEntries(reply.totals.publishers);
  const { before, n } = reply;
  return { before, n, records, totals: { ...reply.totals, publishers } };
}

it('Redis and its model in the simulation say the same to claims, writes and whole tables, in whatever order', async () => {
  const seen = await compareAll(real, (seed) => new PartitionPair(seed, real), { runs: RUNS, steps: STEPS });
  const kinds = ['fenced', 'outdated', 'empty', 'built'].map((kind) => `claim ${kind}`);
  const outcomes = ['apply ok', 'apply other', 'apply diverged', 'adopt ok', 'adopt other', 'adopt fenced'];
  expect([...kinds, ...outcomes].filter((what) => !((seen.get(what) ?? 0) > 10))).toEqual([]);
});
