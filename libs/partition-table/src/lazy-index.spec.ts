import { RECORD_BYTES, recordLatDeg, recordLngDeg, writeRecord } from '@hexfleet/driver-record';
import { destination, distanceM, type LatLng } from '@hexfleet/geodesy';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type Incarnation, NO_TOTALS, type OwnerEffect, ownPartition, type StreamBatch } from './index.js';
import { INDEX_SLACK_M, isWithinSlack } from './index-slack.js';

const NOW_MS = 1_700_000_000_000;
const TTL_MS = 60_000;
const DRIVERS = 4;

const places = fc.oneof(
  fc.record({
    latDeg: fc.double({ min: -85.05, max: 85.05, noNaN: true }),
    lngDeg: fc.double({ min: -180, max: 180, noNaN: true }),
  }),
  fc.constantFrom({ latDeg: 85.05, lngDeg: 20 }, { latDeg: -85.05, lngDeg: 180 }, { latDeg: 0, lngDeg: -180 }),
);

const headings = fc.integer({ min: 0, max: 359 });

/** Records keep a centimetre; who searches has metres to spare. */
const TOLERANCE_M = 0.05;

describe('the slack of the index', () => {
  it('is never passed unseen, anywhere on the map, and hardly ever seen too early', () => {
    const millimetres = fc.integer({ min: 0, max: 300_000 });
    fc.assert(
      fc.property(places, headings, millimetres, (from, headingDeg, away) => {
        const to = destination(from, headingDeg, away / 1_000);
        const isNear = isWithinSlack(from.latDeg, from.lngDeg, to.latDeg, to.lngDeg);
        if (isNear) expect(distanceM(from, to)).toBeLessThanOrEqual(INDEX_SLACK_M + TOLERANCE_M);
        const isAcross = Math.abs(to.lngDeg - from.lngDeg) > 180;
        if (!isNear && !isAcross) expect(distanceM(from, to)).toBeGreaterThan(INDEX_SLACK_M - TOLERANCE_M);
      }),
      { numRuns: 2_000 },
    );
  });
});

interface Keys {
  readonly named: Incarnation;
  readonly n: number;
  readonly count: number;
  readonly geo: ReadonlyMap<string, Buffer>;
  readonly records: ReadonlyMap<string, Buffer>;
}
type Effect<K extends OwnerEffect['kind']> = Extract<OwnerEffect, { kind: K }>;

/** A partition in Redis: what the geo set was last told of each driver, and what the records were. */
class PartitionInRedis {
  keys: Keys = { named: { epoch: 0, k: 0 }, n: -9, count: 0, geo: new Map(), records: new Map() };

  claim({ incarnation }: Effect<'claim'>) {
    const { named: before, n, count, records } = this.keys;
    this.keys = { ...this.keys, named: incarnation };
    if (n !== count) return { kind: 'empty' };
    const read = [...records].map(([driverId, record]) => ({ driverId, record }));
    return { kind: 'built', before, n, totals: NO_TOTALS, records: read };
  }

  apply({ incarnation, n, sets, moved, removals, holds }: Effect<'apply'>) {
    const { keys } = this;
    if (keys.named.epoch !== incarnation.epoch || keys.named.k !== incarnation.k) return 'other';
    const geo = new Map(keys.geo);
    const records = new Map(keys.records);
    for (const { driverId, record } of sets) records.set(driverId, Buffer.from(record));
    for (const { driverId, record } of moved) geo.set(driverId, Buffer.from(record));
    for (const driverId of removals) {
      geo.delete(driverId);
      records.delete(driverId);
    }
    this.keys = { ...keys, n, count: keys.count + 1, geo, records };
    const isWhole = geo.size === holds && records.size === holds;
    return keys.n === n - 1 && keys.count === n - 1 && isWhole ? 'ok' : 'diverged';
  }

  adopt({ to, n, sets }: Effect<'adopt'>) {
    const records = new Map(sets.map(({ driverId, record }) => [driverId, Buffer.from(record)]));
    this.keys = { named: to, n, count: n, geo: records, records };
    return 'ok';
  }
}

type Way = readonly [headingDeg: number, metres: number];
type Fate = 'answered' | 'answer lost' | 'lost';
type Step =
  | { readonly kind: 'pings'; readonly driven: readonly (Way | undefined)[]; readonly fate: Fate }
  | { readonly kind: 'goes elsewhere'; readonly driver: number }
  | { readonly kind: 'rolled back' | 'taken over' | 'all silent' };

const ways = fc.option(fc.tuple(headings, fc.constantFrom(0, 30, 60, 60, 80, 400)), { nil: undefined, freq: 3 });
const fates = fc.constantFrom<Fate>('answered', 'answered', 'answered', 'answer lost', 'lost');
const steps: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constant('pings' as const),
      driven: fc.array(ways, { minLength: DRIVERS, maxLength: DRIVERS }),
      fate: fates,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('goes elsewhere' as const),
      driver: fc.integer({ min: 0, max: DRIVERS - 1 }),
    }),
  },
  { weight: 3, arbitrary: fc.constantFrom({ kind: 'rolled back' }, { kind: 'taken over' }, { kind: 'all silent' }) },
);

/** Owners of one partition, one after the other, and its drivers' way. */
class Drive {
  readonly redis = new PartitionInRedis();
  private readonly past: Keys[] = [];
  private readonly at: LatLng[];
  private owner: ReturnType<typeof ownPartition>;
  private fate: Fate = 'answered';
  private nowMs = NOW_MS;
  private messages = 0;
  private epoch = 0;
  written = 0;
  moved = 0;

  constructor(start: LatLng) {
    this.at = Array.from({ length: DRIVERS }, () => start);
    this.owner = this.takeOver();
  }

  take(step: Step): void {
    this.nowMs += 1_000;
    if (step.kind === 'pings') this.ping(step.driven, step.fate);
    if (step.kind === 'goes elsewhere') this.leave(`d${step.driver}`);
    if (step.kind === 'taken over') this.owner = this.takeOver();
    if (step.kind === 'rolled back') this.redis.keys = this.past[this.past.length >> 1] ?? this.redis.keys;
    if (step.kind === 'all silent') {
      this.nowMs += TTL_MS + 1;
      this.feed([], true);
    }
    this.past.push(this.redis.keys);
  }

  private ping(driven: readonly (Way | undefined)[], fate: Fate): void {
    const told = driven.flatMap((way, i) => {
      if (way === undefined) return [];
      this.at[i] = destination(this.at[i] as LatLng, ...way);
      return [{ driverId: `d${i}`, record: recordOf(this.at[i], this.nowMs) }];
    });
    const position = { stream: 's', seq: ++this.messages };
    const batch = { publisher: `p${this.messages}`, totalBefore: 0, receivedAtMs: this.nowMs, size: told.length };
    this.fate = fate;
    this.feed([{ position, batch: { ...batch, readPings: () => told } }], false);
  }

  private leave(driverId: string): void {
    const todo = { driverId, token: 1, capturedAtMs: this.nowMs, elsewhere: [9] };
    this.perform(
      this.owner.next({ nowMs: this.nowMs, batches: [], todos: [todo], born: new Map(), tick: false, isReading: true }),
    );
  }

  private feed(batches: readonly StreamBatch[], tick: boolean): void {
    this.perform(this.owner.next({ nowMs: this.nowMs, batches, todos: [], born: new Map(), tick, isReading: true }));
  }

  private takeOver(): ReturnType<typeof ownPartition> {
    const times = { ttlMs: TTL_MS, heartbeatMs: 5_000, checkpointMs: 5_000 };
    this.owner = ownPartition({ partition: 3, epoch: ++this.epoch, ...times });
    this.perform(this.owner.next());
    return this.owner;
  }

  private perform(first: ReturnType<ReturnType<typeof ownPartition>['next']>): void {
    let step = first;
    while (!step.done && step.value.kind !== 'wait') step = this.owner.next(this.reply(step.value));
  }

  private reply(effect: Exclude<OwnerEffect, { kind: 'wait' }>): unknown {
    switch (effect.kind) {
      case 'claim':
        return this.redis.claim(effect);
      case 'recall':
        return NO_TOTALS;
      case 'replay':
        return { batches: [], nowMs: this.nowMs };
      case 'enter': {
        const entered = effect.requests.map(() => ({ ok: true, life: 1, tiedWith: undefined, toldMs: undefined }));
        return { entered, born: new Map() };
      }
      case 'look':
        return effect.wants.map(() => [{ partition: 9, record: recordOf({ latDeg: 0, lngDeg: 0 }, this.nowMs + 1) }]);
      case 'apply':
        return this.write(effect);
      case 'adopt':
        return this.redis.adopt(effect);
      default:
        return undefined;
    }
  }

  private write(effect: Effect<'apply'>): unknown {
    const { fate } = this;
    this.fate = 'answered';
    this.written += effect.sets.length;
    this.moved += effect.moved.length;
    if (fate === 'lost') return 'doubt';
    const reply = this.redis.apply(effect);
    return fate === 'answered' ? reply : 'doubt';
  }
}

function recordOf(place: LatLng | undefined, capturedAtMs: number): Buffer {
  const record = Buffer.alloc(RECORD_BYTES);
  const nothing = { headingDeg: undefined, speedMps: undefined, accuracyM: undefined };
  const rest = { status: 'available', vehicleClass: 'car', seq: 0 } as const;
  writeRecord(record, 0, { latDeg: 0, lngDeg: 0, ...place, capturedAtMs, ...nothing, ...rest });
  return record;
}

const fixOf = (record: Buffer) => ({ latDeg: recordLatDeg(record), lngDeg: recordLngDeg(record) });

describe('an owner that indexes lazily', () => {
  it('leaves no record farther than the slack from its index, whatever is lost, rolled back, taken over or comes back', () => {
    const starts = fc.constantFrom({ latDeg: 0, lngDeg: 0 }, { latDeg: 84, lngDeg: 9 }, { latDeg: 37.7, lngDeg: 180 });
    fc.assert(
      fc.property(starts, fc.array(steps, { maxLength: 40 }), (start, taken) => {
        const drive = new Drive(start);
        for (const step of taken) {
          drive.take(step);
          // Redis that came back older is mended by the next write.
          if (step.kind === 'rolled back') continue;
          const { geo, records } = drive.redis.keys;
          expect([...geo.keys()].sort()).toEqual([...records.keys()].sort());
          for (const [driverId, record] of records) {
            const metresOff = distanceM(fixOf(geo.get(driverId) as Buffer), fixOf(record));
            expect(metresOff).toBeLessThanOrEqual(INDEX_SLACK_M + TOLERANCE_M);
          }
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it('indexes a driver once, and again when it has left its slack', () => {
    const drive = new Drive({ latDeg: 37.7, lngDeg: -122.4 });
    for (let i = 0; i < 10; i++)
      drive.take({
        kind: 'pings',
        driven: [
          [0, 5],
          [0, 0],
        ],
        fate: 'answered',
      });
    expect([drive.written, drive.moved]).toEqual([20, 2]);
    drive.take({
      kind: 'pings',
      driven: [
        [0, 0],
        [90, 150],
      ],
      fate: 'answered',
    });
    expect([drive.written, drive.moved]).toEqual([22, 3]);
  });
});
