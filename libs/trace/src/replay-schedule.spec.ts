import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ReplayClock } from './replay-clock.js';
import { replayLengthMs, replaySchedule } from './replay-schedule.js';
import { parseTrace, TRACE_COLUMNS, type TraceRow } from './trace-row.js';

const START_MS = 1_700_000_000_000;
const HEADER = 'driver_id,ts_ms,lat,lng\n';

/** Rows of a few vehicles at any times, as untidy as they come. */
const untidyRows = fc.array(
  fc.record({ driverId: fc.constantFrom('a', 'b', 'c'), tsMs: fc.nat(7_200_000), step: fc.nat(3) }),
  { minLength: 1, maxLength: 60 },
);
const anySpeed = fc.oneof(fc.constantFrom(1, 60, 600, 1e9), fc.double({ min: 0.1, max: 1e6, noNaN: true }));

function rowsOf(untidy: readonly { driverId: string; tsMs: number; step: number }[]): TraceRow[] {
  return untidy.map(({ driverId, tsMs, step }) => ({
    driverId,
    tsMs: 1_490_072_431_000 + Math.round(tsMs / 1000) * 1000,
    latDeg: 30 + step / 1000,
    lngDeg: -97,
    speedMps: undefined,
    headingDeg: undefined,
    accuracyM: undefined,
    status: undefined,
    vehicleClass: undefined,
  }));
}

describe('the replay schedule', () => {
  it('divides gaps by the speed and sends older rows at once, as old as the file has them over the speed', () => {
    const { rows } = parseTrace(`${HEADER}a,60000,1,1\nb,180000,1,1\na,60000,1,1\nc,0,1,1\na,240000,1,1\n`);
    const scheduled = [...replaySchedule(rows, { speed: 60 })];
    expect(scheduled.map(({ atOffsetMs, capturedOffsetMs }) => [atOffsetMs, capturedOffsetMs])).toEqual([
      [0, 0],
      [2_000, 2_000],
      [2_000, 0],
      [2_000, -1_000],
      [3_000, 3_000],
    ]);
    expect(replayLengthMs(rows, 60)).toBe(3_000);
  });

  it('never waits backwards, never says that a ping is from the future, and sends the newest as of now', () => {
    fc.assert(
      fc.property(untidyRows, anySpeed, (untidy, speed) => {
        let newestMs = 0;
        let lastAtMs = 0;
        for (const { atOffsetMs, capturedOffsetMs, row } of replaySchedule(rowsOf(untidy), { speed })) {
          expect(atOffsetMs).toBeGreaterThanOrEqual(lastAtMs);
          expect(capturedOffsetMs).toBeLessThanOrEqual(atOffsetMs);
          if (row.tsMs >= newestMs) expect(capturedOffsetMs).toBe(atOffsetMs);
          newestMs = Math.max(newestMs, row.tsMs);
          lastAtMs = atOffsetMs;
        }
      }),
    );
  });

  it('keeps every two rows of a vehicle in the order and the equality of their times, at any speed', () => {
    fc.assert(
      fc.property(untidyRows, anySpeed, (untidy, speed) => {
        const clock = new ReplayClock(START_MS);
        const sent = [...replaySchedule(rowsOf(untidy), { speed })].map((scheduled) => ({
          tsMs: scheduled.row.tsMs,
          ping: clock.ping(scheduled),
        }));
        for (const one of sent) {
          for (const other of sent) {
            const order = one.ping.capturedAtMs - other.ping.capturedAtMs || one.ping.seq - other.ping.seq;
            expect(Math.sign(order)).toBe(Math.sign(one.tsMs - other.tsMs));
          }
        }
      }),
    );
  });

  it('refuses a speed of nothing and part of a fleet', () => {
    expect(() => [...replaySchedule([], { speed: 0 })]).toThrow(RangeError);
    expect(() => [...replaySchedule([], { speed: Number.NaN })]).toThrow(RangeError);
    expect(() => [...replaySchedule([], { speed: 1, fleets: 1.5 })]).toThrow(RangeError);
  });
});

describe('copies of a fleet', () => {
  const { rows } = parseTrace(`${HEADER}cab,0,37.7749,-122.4194\ncab,60000,37.7759,-122.4194\ncab,120000,0,0\n`);

  it('drive at the same time, under their own names, at other places', () => {
    const scheduled = [...replaySchedule(rows, { speed: 60, fleets: 3 })];
    expect(scheduled.slice(0, 3).map(({ row }) => row.driverId)).toEqual(['cab', 'cab.2', 'cab.3']);
    expect(new Set(scheduled.slice(0, 3).map(({ row }) => `${row.latDeg},${row.lngDeg}`)).size).toBe(3);
    expect(new Set(scheduled.slice(3, 6).map(({ atOffsetMs }) => atOffsetMs))).toEqual(new Set([1_000]));
  });

  it('go as fast as the original', () => {
    const seconds = [...replaySchedule(rows, { speed: 60, fleets: 50 })].filter(({ row }) => row.driverId === 'cab.50');
    expect((seconds[1]?.row.latDeg ?? 0) - (seconds[0]?.row.latDeg ?? 0)).toBeCloseTo(0.001, 6);
  });

  it('have the bad fixes of the original', () => {
    const bad = [...replaySchedule(rows, { speed: 60, fleets: 3 })].filter(({ row }) => row.tsMs === 120_000);
    expect(bad.map(({ row }) => [row.latDeg, row.lngDeg])).toEqual([
      [0, 0],
      [0, 0],
      [0, 0],
    ]);
  });
});

describe('the replay clock', () => {
  const { rows } = parseTrace(`${HEADER}a,0,1,1\na,60000,1,1\na,120000,1,1\n`);

  it('leaves the schedule alone while the sender keeps up', () => {
    const clock = new ReplayClock(START_MS);
    const pings = [...replaySchedule(rows, { speed: 60 })].map((scheduled) => {
      clock.keepUp(scheduled, clock.dueAtMs(scheduled) + 2_000);
      return clock.ping(scheduled).capturedAtMs;
    });
    expect(pings).toEqual([START_MS, START_MS + 1_000, START_MS + 2_000]);
    expect(clock.heldMs).toBe(0);
  });

  it('sets the rest back when the sender falls behind, so that the newest ping is about now', () => {
    const clock = new ReplayClock(START_MS);
    const [first, second, third] = [...replaySchedule(rows, { speed: 60 })];
    if (first === undefined || second === undefined || third === undefined) throw new Error('three rows expected');
    clock.keepUp(first, START_MS);
    expect(clock.ping(first).capturedAtMs).toBe(START_MS);
    clock.keepUp(second, START_MS + 31_000);
    expect(clock.heldMs).toBe(30_000);
    expect(clock.ping(second).capturedAtMs).toBe(START_MS + 31_000);
    expect(clock.dueAtMs(third)).toBe(START_MS + 32_000);
  });

  it('gives the readings that the row has, and no others', () => {
    const { rows: full } = parseTrace(`${TRACE_COLUMNS.join(',')}\na,5000,1,2,3,4,5,idle,car\nb,5000,1,2,,,,,\n`);
    const clock = new ReplayClock(START_MS);
    expect([...replaySchedule(full, { speed: 1 })].map((scheduled) => clock.ping(scheduled))).toEqual([
      {
        driverId: 'a',
        lat: 1,
        lng: 2,
        capturedAtMs: START_MS,
        seq: 5,
        speedMps: 3,
        headingDeg: 4,
        accuracyM: 5,
        status: 'idle',
        vehicleClass: 'car',
      },
      { driverId: 'b', lat: 1, lng: 2, capturedAtMs: START_MS, seq: 5 },
    ]);
  });
});
