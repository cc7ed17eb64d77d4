import { describe, expect, it } from '@jest/globals';
import { readGatewaySignals, readWriterSignals } from './signals.js';

const OWNED = {
  ...{ partition: 3, epoch: 2, lagMs: 120, share: 0.4 },
  ...{ backlogMessages: 1, written: 10, superseded: 2, expired: 0 },
};
const SHED = { partition: 3, offeredPerSecond: 90, share: 0.4, thresholdM: 12, silenceStretch: 1 };
const NO_ROWS = [null, undefined, 7, 'row', [], {}];
const NO_REPORTS = [
  null,
  undefined,
  7,
  'report',
  [],
  {},
  { partitions: [] },
  { writer: 7, gateway: 7, partitions: [] },
];

/** A row once for each of its parts that a reader needs, with each value that can't be. */
function badRows(row: object, parts: Readonly<Record<string, readonly unknown[]>>): object[] {
  return Object.entries(parts).flatMap(([part, values]) => values.map((value) => ({ ...row, [part]: value })));
}

const NO_NUMBERS = [undefined, null, '1', Number.NaN, Number.POSITIVE_INFINITY];
const NO_INDICES = [...NO_NUMBERS, -1, 0.5];
const NO_SHARES = [...NO_NUMBERS, -0.1, 1.1];

describe('a report that came in', () => {
  it.each([
    {
      of: 'a writer',
      read: readWriterSignals,
      head: { writer: 'w', atMs: 1 },
      good: OWNED,
      bad: badRows(OWNED, { partition: NO_INDICES, epoch: NO_NUMBERS, lagMs: NO_NUMBERS, share: NO_SHARES }),
    },
    {
      of: 'a gateway',
      read: readGatewaySignals,
      head: { gateway: 'g', atMs: 1, stage: 'calm' },
      good: SHED,
      bad: badRows(SHED, {
        ...{ partition: NO_INDICES, share: NO_SHARES },
        ...{ offeredPerSecond: NO_NUMBERS, thresholdM: NO_NUMBERS, silenceStretch: NO_NUMBERS },
      }),
    },
  ])('from $of loses the rows that cannot be right, one by one, and keeps the others', ({ read, head, good, bad }) => {
    expect(read({ ...head, partitions: [good] })).toEqual({ ...head, partitions: [good] });
    for (const row of [...NO_ROWS, ...bad]) {
      const another = { ...good, partition: 4 };
      expect(read({ ...head, partitions: [good, row, another] })).toEqual({ ...head, partitions: [good, another] });
    }
    expect(read({ ...head, partitions: [] })).toEqual({ ...head, partitions: [] });
  });

  it('is none without a name and rows', () => {
    for (const value of [...NO_REPORTS, { writer: 'w', gateway: 'g' }, { writer: 'w', gateway: 'g', partitions: {} }]) {
      expect([readWriterSignals(value), readGatewaySignals(value)]).toEqual([undefined, undefined]);
    }
  });
});
