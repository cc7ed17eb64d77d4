import { describe, expect, it } from '@jest/globals';
import { Asked, holdingA, message, NOW_MS, recordOf, started, TTL_MS } from './asked-owner.fixture.js';
import { NO_TOTALS } from './index.js';

describe('the owner of a partition, and the directory', () => {
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
});
