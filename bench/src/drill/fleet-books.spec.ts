import { describe, expect, it } from '@jest/globals';
import { FleetBooks, type Reading } from './fleet-books.js';

const START_MS = 1_700_000_000_000;
const M_PER_DEG = 111_195;

/** Standing, so many metres north of where it started. */
function reading(driverId: string, afterMs: number, northM: number): Reading {
  const place = { lat: 37.7 + northM / M_PER_DEG, lng: -122.4 };
  return { driverId, ...place, capturedAtMs: START_MS + afterMs, headingDeg: 0, speedMps: 0, status: 'available' };
}

describe('the books of a fleet', () => {
  it('know what readers believe by what was accepted', () => {
    const books = new FleetBooks();
    books.settle([reading('d', 0, 0)], ['accepted'], START_MS);
    books.settle([reading('d', 4_000, 100)], ['shed'], START_MS + 4_000);
    books.keep(reading('d', 8_000, 200), 'heldBack');
    const { readings, error, ...report } = books.report();
    expect([readings, report.accepted, report.shed, report.heldBack]).toEqual([3, 1, 1, 1]);
    expect(error.meanM).toBeCloseTo((0 + 100 + 200) / 3, 0);
    expect(books.report().readings).toBe(0);
  });

  it('count by partition and second what was decided on, and leave out what was not', () => {
    const books = new FleetBooks();
    books.settle(
      [reading('a', 0, 0), reading('b', 0, 0), reading('c', 0, 0)],
      ['accepted', 'shed', 'failed'],
      START_MS,
    );
    const { partitions, seconds, failed } = books.report();
    expect(partitions).toMatchObject([{ decided: 2, shed: 1 }]);
    expect(seconds).toEqual([{ second: START_MS / 1_000, sent: 3, accepted: 1 }]);
    expect(failed).toBe(1);
  });
});
