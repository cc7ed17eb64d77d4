import { RECORD_BYTES } from '@hexfleet/driver-record';
import { describe, expect, it } from '@jest/globals';
import {
  Asked,
  counts,
  entered,
  holdingA,
  message,
  NOW_MS,
  recordOf,
  stampStatus,
  started,
  TTL_MS,
} from './asked-owner.fixture.js';
import { NO_TOTALS } from './index.js';

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
