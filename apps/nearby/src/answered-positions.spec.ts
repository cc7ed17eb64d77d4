import { RECORD_BYTES, recordCapturedAtMs, recordSeq, writeRecord } from '@hexfleet/driver-record';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { AnsweredPositions } from './answered-positions.js';

const TTL_MS = 60_000;
const START_MS = 1_700_000_000_000;

function record(capturedAtMs: number, seq = 0): Buffer {
  const packed = Buffer.alloc(RECORD_BYTES);
  const unknown = { headingDeg: undefined, speedMps: undefined, accuracyM: undefined };
  writeRecord(packed, 0, { latDeg: 1, lngDeg: 2, capturedAtMs, seq, ...unknown, status: 'idle', vehicleClass: 'car' });
  return packed;
}

describe('AnsweredPositions', () => {
  it('never lets an answer go back within the TTL, whatever the store shows', () => {
    const shown = fc.array(
      fc.record({
        driver: fc.constantFrom('a', 'b', 'c'),
        stepMs: fc.integer({ min: 0, max: 30_000 }),
        ageMs: fc.integer({ min: 0, max: 10 }).map((steps) => steps * 6_000),
        seq: fc.integer({ min: 0, max: 2 }),
      }),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(shown, (shows) => {
        const answered = new AnsweredPositions(TTL_MS);
        const last = new Map<string, Buffer>();
        let nowMs = START_MS;
        for (const { driver, stepMs, ageMs, seq } of shows) {
          nowMs += stepMs;
          const answer = answered.atLeast(driver, record(nowMs - ageMs, seq)) as Buffer;
          const before = last.get(driver);
          if (before !== undefined && nowMs - recordCapturedAtMs(before) <= TTL_MS) {
            const forthMs = recordCapturedAtMs(answer) - recordCapturedAtMs(before);
            expect(forthMs > 0 || (forthMs === 0 && recordSeq(answer) >= recordSeq(before))).toBe(true);
          }
          answered.note(driver, answer, nowMs);
          last.set(driver, answer);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('serves what it answered while the store shows nothing', () => {
    const answered = new AnsweredPositions(TTL_MS);
    expect(answered.atLeast('a', undefined)).toBeUndefined();
    answered.note('a', record(START_MS), START_MS);
    expect(answered.atLeast('a', undefined)).toEqual(record(START_MS));
  });

  it('keeps its own copy', () => {
    const answered = new AnsweredPositions(TTL_MS);
    const fromSocket = record(START_MS);
    answered.note('a', fromSocket, START_MS);
    fromSocket.fill(0);
    expect(answered.newestOf('a')).toEqual(record(START_MS));
  });

  it('forgets after two TTLs, and earlier at its bound, the longest unseen first', () => {
    const late = new AnsweredPositions(TTL_MS);
    late.note('a', record(START_MS), START_MS);
    late.note('b', record(START_MS), START_MS + TTL_MS);
    late.note('c', record(START_MS), START_MS + 2 * TTL_MS);
    expect(['a', 'b', 'c'].map((driver) => late.newestOf(driver) !== undefined)).toEqual([false, true, true]);

    const full = new AnsweredPositions(TTL_MS, 10);
    for (let driver = 0; driver < 100; driver++) full.note(String(driver), record(START_MS), START_MS);
    const kept = Array.from({ length: 100 }, (_, driver) => driver).filter((driver) => full.newestOf(String(driver)));
    expect(kept.length).toBeLessThanOrEqual(10);
    expect(kept.at(-1)).toBe(99);
    expect(kept[0]).toBeGreaterThanOrEqual(90);
  });
});
