import { RECORD_BYTES, readRecord, recordSeq, writeRecord } from '@hexfleet/driver-record';
import type { Status } from '@hexfleet/ping';
import { describe, expect, it } from '@jest/globals';
import {
  type DriverWrite,
  NO_TOTALS,
  type OwnerEffect,
  type OwnerInput,
  ownPartition,
  type StreamBatch,
} from './index.js';

const NOW_MS = 1_700_000_000_000;
const TTL_MS = 60_000;
const SETTINGS = { partition: 3, epoch: 5, ttlMs: TTL_MS, heartbeatMs: 5_000, checkpointMs: 5_000 };

type Kind = OwnerEffect['kind'];
type Effect<K extends Kind> = Extract<OwnerEffect, { kind: K }>;

/** An owner whose wishes the test grants one by one, and says how. */
class Asked {
  private readonly owner = ownPartition(SETTINGS);
  private step = this.owner.next();

  /** The effect that the owner waits for now; @throws when it is of another kind. */
  wants<K extends Kind>(kind: K): Effect<K> {
    const { done, value } = this.step;
    if (done) throw new Error('it has ended');
    if (value.kind !== kind) throw new Error(`it wants ${value.kind}, not ${kind}`);
    return value as Effect<K>;
  }

  grant<K extends Kind>(kind: K, reply: unknown): Effect<K> {
    const effect = this.wants(kind);
    this.step = this.owner.next(reply);
    return effect;
  }

  get hasEnded(): boolean {
    return this.step.done === true;
  }

  feed(input: Partial<OwnerInput>): void {
    this.grant('wait', {
      nowMs: NOW_MS,
      batches: [],
      todos: [],
      born: new Map(),
      tick: false,
      isReading: true,
      ...input,
    });
  }

  /** What Redis would hold after this effect, by driver. */
  static seqsOf(sets: readonly DriverWrite[]): Record<string, number> {
    return Object.fromEntries(sets.map(({ driverId, record }) => [driverId, recordSeq(record)]));
  }
}

function recordOf(seq: number, ageMs: number): Buffer {
  const record = Buffer.alloc(RECORD_BYTES);
  const nothing = { headingDeg: undefined, speedMps: undefined, accuracyM: undefined };
  const rest = { status: 'available', vehicleClass: 'car' } as const;
  writeRecord(record, 0, { latDeg: 1, lngDeg: 2, capturedAtMs: NOW_MS - ageMs, seq, ...nothing, ...rest });
  return record;
}

/** As a phone whose driver drives a rider would have sent it. */
function stampStatus(record: Buffer, status: Status): void {
  const { life: _, writtenAtMs: __, ...ping } = readRecord(record);
  writeRecord(record, 0, { ...ping, status });
}

type Told = readonly [driverId: string, seq: number, ageMs: number];

function message(seq: number, totalBefore: number, ...pings: Told[]): StreamBatch {
  const told = pings.map(([driverId, order, ageMs]) => ({ driverId, record: recordOf(order, ageMs) }));
  return {
    position: { stream: 's', seq },
    batch: {
      publisher: 'aa',
      totalBefore,
      receivedAtMs: NOW_MS,
      size: pings.length,
      readPings: () => told,
    },
  };
}

const entered = (count: number) => ({
  entered: Array.from({ length: count }, () => ({ ok: true, life: 7, tiedWith: undefined, toldMs: undefined })),
  born: new Map(),
});

/** An owner that has taken over an empty partition and waits. */
function started(): Asked {
  const asked = new Asked();
  asked.grant('claim', { kind: 'empty' });
  asked.grant('recall', NO_TOTALS);
  asked.grant('replay', { batches: [], nowMs: NOW_MS });
  asked.grant('adopt', 'ok');
  asked.wants('wait');
  return asked;
}

/** …and has written driver a, captured 1 s ago, from message 1. */
function holdingA(): Asked {
  const asked = started();
  asked.feed({ batches: [message(1, 0, ['a', 1, 1_000])] });
  asked.grant('enter', entered(1));
  asked.grant('apply', 'ok');
  return asked;
}

const counts = ({ totals: { written, superseded, expired } }: Effect<'wait' | 'apply'>) => [
  written,
  superseded,
  expired,
];

describe('the owner of a partition', () => {
  it('tells the directory before it writes, and counts each ping in the write that shows it', () => {
    const asked = started();
    asked.feed({ batches: [message(1, 0, ['a', 1, 2_000], ['b', 1, 1_000], ['a', 2, 1_000], ['c', 1, TTL_MS + 1])] });
    expect(asked.grant('enter', entered(2)).requests.map(({ driverId }) => driverId)).toEqual(['a', 'b']);
    const write = asked.grant('apply', 'ok');
    expect(Asked.seqsOf(write.sets)).toEqual({ a: 2, b: 1 });
    expect(write.totals.position).toEqual({ stream: 's', seq: 1 });
    expect(counts(write)).toEqual([2, 1, 1]);
    expect(counts(asked.wants('wait'))).toEqual([2, 1, 1]);
  });

  it('shows nothing older than what it holds, whatever comes late', () => {
    const asked = holdingA();
    asked.feed({ batches: [message(2, 1, ['a', 9, 1_500])] });
    const write = asked.grant('apply', 'ok');
    expect(write.sets).toEqual([]);
    expect(counts(write)).toEqual([1, 1, 0]);
  });

  it('does not count a message read again, nor a batch published again; a gap in its publisher`s total has expired', () => {
    const asked = holdingA();
    const repeated = message(2, 0, ['a', 1, 1_000]);
    asked.feed({ batches: [message(1, 0, ['a', 1, 1_000]), repeated, message(3, 4, ['a', 2, 500])] });
    const write = asked.grant('apply', 'ok');
    expect(Asked.seqsOf(write.sets)).toEqual({ a: 2 });
    expect(counts(write)).toEqual([2, 0, 3]);
  });

  it('counts a driver that the directory has newer elsewhere as superseded', () => {
    const asked = started();
    asked.feed({ batches: [message(1, 0, ['a', 1, 1_000])] });
    asked.grant('enter', {
      entered: [{ ok: false, life: 0, tiedWith: undefined, toldMs: undefined }],
      born: new Map(),
    });
    const write = asked.grant('apply', 'ok');
    expect([write.sets, counts(write)]).toEqual([[], [0, 1, 0]]);
  });

  it.each([
    [1, true],
    [9, false],
  ])('of two pings of one moment in two partitions the one of the higher number counts: there %d', (there, isOurs) => {
    const asked = started();
    asked.feed({ batches: [message(1, 0, ['a', 5, 1_000])] });
    asked.grant('enter', { entered: [{ ok: false, life: 0, tiedWith: 4 }], born: new Map() });
    const { wants } = asked.grant('look', [[{ partition: 4, record: recordOf(there, 1_000) }]]);
    expect(wants).toMatchObject([{ driverId: 'a', partitions: [4] }]);
    if (isOurs) expect(asked.grant('enter', entered(1)).requests).toMatchObject([{ driverId: 'a', force: true }]);
    expect(Asked.seqsOf(asked.grant('apply', 'ok').sets)).toEqual(isOurs ? { a: 5 } : {});
  });

  it('begins a new spell of availability where a ping in between said that the driver was not available', () => {
    const asked = holdingA();
    const batch = message(2, 1, ['a', 2, 800], ['a', 3, 500]);
    stampStatus(batch.batch?.readPings()[0]?.record as Buffer, 'on_trip');
    asked.feed({ batches: [batch] });
    expect(asked.wants('enter').requests).toMatchObject([{ driverId: 'a', life: 8 }]);
  });

  it('says up to when pings have come in, not when it wrote', () => {
    const asked = holdingA();
    asked.feed({ tick: true, nowMs: NOW_MS + 5_001, isReading: false });
    expect(asked.wants('apply').asOfMs).toBe(NOW_MS);
  });

  it('lets go of a driver in the same write that takes new pings in', () => {
    const asked = holdingA();
    const todo = { driverId: 'a', token: 1, capturedAtMs: NOW_MS, elsewhere: [9] };
    asked.feed({ batches: [message(2, 1, ['b', 1, 1_000])], todos: [todo] });
    asked.grant('enter', entered(1));
    asked.grant('look', [[{ partition: 9, record: recordOf(2, 0) }]]);
    const write = asked.grant('apply', 'ok');
    expect([Asked.seqsOf(write.sets), write.removals]).toEqual([{ b: 1 }, ['a']]);
    expect(asked.grant('clear', undefined).todos).toEqual([todo]);
  });

  it('leaves the to-do of a driver that has just pinged here for the next time', () => {
    const asked = holdingA();
    const todo = { driverId: 'a', token: 1, capturedAtMs: NOW_MS - 500, elsewhere: [9] };
    asked.feed({ batches: [message(2, 1, ['a', 2, 0])], todos: [todo] });
    expect(asked.grant('apply', 'ok').removals).toEqual([]);
    asked.wants('wait');
  });

  it.each([
    ['counted, if the header shows its number', 0, false],
    ['is written again, if the header shows the number before', -1, true],
  ])('claims again after a doubt: the write %s', (_, behind, isRepeated) => {
    const asked = started();
    asked.feed({ batches: [message(1, 0, ['a', 1, 1_000])] });
    asked.grant('enter', entered(1));
    const write = asked.grant('apply', 'doubt');
    const claim = asked.wants('claim');
    expect(claim.incarnation.k).toBeGreaterThan(write.incarnation.k);
    asked.grant('claim', {
      kind: 'built',
      n: write.n + behind,
      before: write.incarnation,
      totals: NO_TOTALS,
      records: [],
    });
    if (isRepeated) {
      const again = asked.grant('apply', 'ok');
      expect([again.n, again.incarnation]).toEqual([write.n, claim.incarnation]);
    }
    expect(counts(asked.wants('wait'))).toEqual([1, 0, 0]);
  });

  it('writes its whole table where Redis was emptied or rolled back, and introduces everyone again', () => {
    const asked = holdingA();
    asked.feed({ batches: [message(2, 1, ['b', 1, 1_000])] });
    asked.grant('enter', entered(1));
    asked.grant('apply', 'diverged');
    expect(Asked.seqsOf(asked.grant('adopt', 'ok').sets)).toEqual({ a: 1, b: 1 });
    asked.feed({ tick: true });
    expect(asked.grant('enter', entered(2)).requests.map(({ driverId }) => driverId)).toEqual(['a', 'b']);
  });

  it('sets the directory back where it was told of a ping that was never written', () => {
    const asked = new Asked();
    const records = [{ driverId: 'a', record: recordOf(5, 1_000) }];
    asked.grant('claim', { kind: 'built', n: 3, before: { epoch: 4, k: 7 }, totals: NO_TOTALS, records });
    asked.feed({ tick: true });
    asked.grant('apply', 'ok');
    const told = { ok: true, life: 1, tiedWith: undefined, toldMs: NOW_MS };
    asked.grant('enter', { entered: [told], born: new Map() });
    asked.grant('apply', 'ok');
    expect(asked.grant('correct', undefined).corrections).toEqual([
      { driverId: 'a', toldMs: NOW_MS, capturedAtMs: NOW_MS - 1_000 },
    ]);
    asked.wants('wait');
  });

  it('sets it back by no more than entries outlive records, and not at all once it is fenced', () => {
    const introduced = (toldMs: number) => {
      const asked = new Asked();
      const records = [{ driverId: 'a', record: recordOf(5, 50_000) }];
      asked.grant('claim', { kind: 'built', n: 3, before: { epoch: 4, k: 7 }, totals: NO_TOTALS, records });
      asked.feed({ tick: true });
      asked.grant('apply', 'ok');
      asked.grant('enter', {
        entered: [{ ok: true, life: 1, tiedWith: undefined, toldMs }],
        born: new Map(),
      });
      return asked;
    };
    const current = introduced(NOW_MS);
    current.grant('apply', 'ok');
    expect(current.wants('correct').corrections[0]?.capturedAtMs).toBe(NOW_MS - 0.3 * TTL_MS);

    const former = introduced(NOW_MS);
    former.grant('apply', 'other');
    former.grant('claim', { kind: 'fenced' });
    expect(former.hasEnded).toBe(true);
  });

  it.each(['new', 'held'])('introduces a driver, %s here, that it entered behind a ping told before', (known) => {
    const asked = known === 'new' ? started() : holdingA();
    const messages = known === 'new' ? 0 : 1;
    asked.feed({ tick: true, nowMs: NOW_MS });
    asked.grant('checkpoint', undefined);
    // So late that a driver held is entered again.
    const laterMs = NOW_MS + 1.4 * TTL_MS;
    asked.feed({ nowMs: laterMs, batches: [message(messages + 1, messages, ['a', 2, -1.4 * TTL_MS])] });
    const ahead = { entered: [{ ok: true, life: 1, tiedWith: undefined, toldMs: laterMs + 5_000 }], born: new Map() };
    asked.grant('enter', ahead);
    asked.grant('apply', 'ok');
    asked.feed({ tick: true, nowMs: laterMs });
    expect(asked.grant('enter', ahead).requests).toMatchObject([{ driverId: 'a', capturedAtMs: laterMs }]);
    asked.grant('apply', 'ok');
    expect(asked.wants('correct').corrections).toHaveLength(1);
  });

  it('looks at the next tick whether its own keys are still there when the directory was emptied', () => {
    const asked = holdingA();
    asked.feed({ tick: true, born: new Map([[0, 'first']]) });
    asked.grant('checkpoint', undefined);
    asked.feed({ tick: true, born: new Map([[0, 'second']]) });
    asked.grant('apply', 'diverged');
    expect(Asked.seqsOf(asked.grant('adopt', 'ok').sets)).toEqual({ a: 1 });
  });

  it('ends when a newer owner has claimed', () => {
    const asked = holdingA();
    asked.feed({ batches: [message(2, 1, ['a', 2, 500])] });
    asked.grant('apply', 'other');
    asked.grant('claim', { kind: 'fenced' });
    expect(asked.hasEnded).toBe(true);
    const late = new Asked();
    late.grant('claim', { kind: 'fenced' });
    expect(late.hasEnded).toBe(true);
  });

  it('claims under another name when a claim gets no answer', () => {
    const first = new Asked();
    const unheard = first.grant('claim', { kind: 'doubt' });
    expect(first.wants('claim').incarnation).toEqual({ ...unheard.incarnation, k: unheard.incarnation.k + 1 });

    const later = holdingA();
    later.feed({ batches: [message(2, 1, ['a', 2, 500])] });
    const write = later.grant('apply', 'doubt');
    const { incarnation: before } = later.grant('claim', { kind: 'doubt' });
    later.grant('claim', { kind: 'built', n: write.n, before, totals: NO_TOTALS, records: [] });
    later.grant('adopt', 'ok');
    later.wants('wait');
  });

  it('says how many drivers there are to be after each write', () => {
    const asked = holdingA();
    asked.feed({ batches: [message(2, 1, ['a', 2, 500], ['b', 3, 500])] });
    asked.grant('enter', entered(1));
    expect(asked.grant('apply', 'ok').holds).toBe(2);
    asked.feed({ tick: true, nowMs: NOW_MS + TTL_MS });
    expect(asked.grant('apply', 'ok').holds).toBe(0);
  });

  it('lets a driver go only once a newer record of it can be seen elsewhere, and clears the to-do after that write', () => {
    const todo = { driverId: 'a', token: 1, capturedAtMs: NOW_MS, elsewhere: [9] };
    const unseen = holdingA();
    unseen.feed({ todos: [todo] });
    unseen.grant('look', [[]]);
    unseen.wants('wait');

    const seen = holdingA();
    seen.feed({ todos: [todo] });
    seen.grant('look', [[{ partition: 9, record: recordOf(2, 0) }]]);
    expect(seen.grant('apply', 'ok').removals).toEqual(['a']);
    expect(seen.grant('clear', undefined).todos).toEqual([todo]);
    expect(seen.wants('wait').drivers).toBe(0);
  });

  it.each([
    [2, false],
    [9, true],
  ])('gives an exact tie with partition %d to the higher number', (partition, goes) => {
    const asked = holdingA();
    asked.feed({
      todos: [{ driverId: 'a', token: 1, capturedAtMs: NOW_MS - 1_000, elsewhere: [partition] }],
    });
    asked.grant('look', [[{ partition, record: recordOf(1, 1_000) }]]);
    if (goes) expect(asked.wants('apply').removals).toEqual(['a']);
    else expect(asked.wants('enter').requests).toMatchObject([{ driverId: 'a', force: true }]);
  });

  it('drops who is silent past the TTL, and writes a heartbeat when nothing else', () => {
    const asked = holdingA();
    asked.feed({ tick: true, nowMs: NOW_MS + 5_001 });
    expect(asked.grant('apply', 'ok').removals).toEqual([]);
    asked.grant('checkpoint', undefined);
    asked.feed({ tick: true, nowMs: NOW_MS + TTL_MS });
    expect(asked.grant('apply', 'ok').removals).toEqual(['a']);
    expect(asked.wants('wait').drivers).toBe(0);
  });

  it('removes what Redis holds that can`t be a record, and keeps the rest', () => {
    const asked = new Asked();
    const records = [
      { driverId: 'short', record: Buffer.alloc(RECORD_BYTES - 1, 0xff) },
      { driverId: 'a', record: recordOf(5, 1_000) },
      { driverId: 'long', record: Buffer.alloc(500, 0xff) },
    ];
    asked.grant('claim', { kind: 'built', n: 3, before: { epoch: 4, k: 7 }, totals: NO_TOTALS, records });
    asked.feed({ tick: true });
    expect(asked.grant('apply', 'ok').removals).toEqual(['short', 'long']);
    expect(asked.wants('enter').requests.map(({ driverId }) => driverId)).toEqual(['a']);
  });

  it('goes on from what Redis holds: position, counts and drivers', () => {
    const asked = new Asked();
    const totals = { ...NO_TOTALS, position: { stream: 's', seq: 8 }, written: 4 };
    const records = [{ driverId: 'a', record: recordOf(5, 1_000) }];
    asked.grant('claim', { kind: 'built', n: 3, before: { epoch: 4, k: 7 }, totals, records });
    expect(asked.wants('wait').totals).toEqual(totals);
    asked.feed({ batches: [message(8, 0, ['a', 9, 0]), message(9, 0, ['a', 4, 1_500])] });
    const write = asked.grant('apply', 'ok');
    expect([write.n, write.sets, counts(write)]).toEqual([4, [], [4, 1, 0]]);
  });
});
