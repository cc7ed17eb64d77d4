import { RECORD_BYTES } from '@hexfleet/driver-record';
import { describe, expect, it } from '@jest/globals';
import { DriverTable } from './driver-table.js';
import type { StreamBatch } from './effects.js';
import { foldBatches } from './fold.js';
import {
  MAX_PUBLISHER_DOUBT_MS,
  MAX_PUBLISHER_IDLE_MS,
  NO_TOTALS,
  type PartitionTotals,
  PUBLISHER_FORGOTTEN_AFTER_MS,
} from './totals.js';

const NOW_MS = 1_700_000_000_000;
const HOUR_MS = PUBLISHER_FORGOTTEN_AFTER_MS;

let lastSeq = 0;

const RECORD_OF_1970 = Buffer.alloc(RECORD_BYTES);

/** A batch of one ping that has expired. */
function batchOf(publisher: string, totalBefore: number): StreamBatch {
  return {
    position: { stream: 's', seq: ++lastSeq },
    batch: {
      publisher,
      totalBefore,
      receivedAtMs: NOW_MS,
      size: 1,
      readPings: () => [{ driverId: 'd', record: RECORD_OF_1970 }],
    },
  };
}

function fold(start: PartitionTotals, nowMs: number, ...batches: StreamBatch[]): PartitionTotals {
  const { tally, changedPublishers } = foldBatches(batches, start, new DriverTable(), {
    ...{ nowMs, ttlMs: 60_000, again: false },
  });
  // What a header would hold, which is told the changed ones only.
  const publishers = new Map(start.publishers);
  for (const publisher of changedPublishers) {
    const mark = tally.publishers.get(publisher);
    if (mark === undefined) publishers.delete(publisher);
    else publishers.set(publisher, mark);
  }
  expect(publishers).toEqual(tally.publishers);
  return { ...tally, publishers };
}

/** Publishers a and b, of 100 pings each, heard at NOW_MS. */
const heard = (): PartitionTotals => ({
  ...NO_TOTALS,
  publishers: new Map(['a', 'b'].map((name) => [name, { total: 100, seenAtMs: NOW_MS }])),
});

describe('the marks of publishers', () => {
  it('are kept while the writer is away, whoever is read first after that', () => {
    const backAtMs = NOW_MS + 3 * HOUR_MS;
    const first = fold(heard(), backAtMs, batchOf('a', 100));
    const second = fold(first, backAtMs + 200, batchOf('a', 101));
    const third = fold(second, backAtMs + 400, batchOf('b', 100));
    expect(third.expired).toBe(3);
    expect(fold(third, backAtMs + 600, batchOf('b', 131)).expired).toBe(3 + 31);
  });

  it('are forgotten an hour after the last batch, when others are heard meanwhile', () => {
    let totals = heard();
    for (let i = 0; i < 60; i++) totals = fold(totals, NOW_MS + (i + 1) * 60_000, batchOf('a', 100 + i));
    expect([...totals.publishers.keys()]).toEqual(['a', 'b']);
    totals = fold(totals, NOW_MS + HOUR_MS + 60_000, batchOf('a', 160));
    expect([...totals.publishers.keys()]).toEqual(['a']);
  });

  it('are forgotten, too, where a batch comes in once in two hours under a name of its own', () => {
    let totals = heard();
    for (let i = 1; i <= 50; i++) totals = fold(totals, NOW_MS + i * 2 * HOUR_MS, batchOf(`c${i}`, 0));
    expect(totals.publishers.size).toBeLessThan(8);
    expect(totals.expired).toBe(50);
  });

  it('outlive the longest that a publisher may be idle and then in doubt', () => {
    expect(MAX_PUBLISHER_IDLE_MS + MAX_PUBLISHER_DOUBT_MS).toBeLessThan(0.9 * PUBLISHER_FORGOTTEN_AFTER_MS);
  });
});
