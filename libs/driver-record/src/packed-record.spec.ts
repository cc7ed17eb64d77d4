import { STATUSES } from '@hexfleet/ping';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { RECORD_BYTES, readRecord, recordLength, recordStatus, stampRecord, writeRecord } from './packed-record.js';

const optional = (max: number) => fc.option(fc.double({ min: 0, max, noNaN: true }), { nil: undefined });
const ping = fc.record({
  latDeg: fc.double({ min: -85.05, max: 85.05, noNaN: true }),
  lngDeg: fc.double({ min: -180, max: 180, noNaN: true }),
  capturedAtMs: fc.integer({ min: 0, max: 2 ** 48 - 1 }),
  seq: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  headingDeg: optional(359.99),
  speedMps: optional(110),
  isHeadingInferred: fc.boolean(),
  isSpeedInferred: fc.boolean(),
  accuracyM: optional(200),
  status: fc.constantFrom(...STATUSES),
  vehicleClass: fc.oneof(fc.constantFrom('car', 'bike', 'auto'), fc.stringMatching(/^[a-z0-9_-]{1,16}$/)),
});

function near(actual: number | undefined, wanted: number | undefined, step: number): boolean {
  if (actual === undefined || wanted === undefined) return actual === wanted;
  return Math.abs(actual - wanted) <= step;
}

describe('the packed record', () => {
  it('gives back every valid ping, to the precision it states', () => {
    fc.assert(
      fc.property(ping, (original) => {
        const record = Buffer.alloc(recordLength(original));
        expect(writeRecord(record, 0, original)).toBe(record.length);
        const read = readRecord(record);
        expect(near(read.latDeg, original.latDeg, 6e-8)).toBe(true);
        expect(near(read.lngDeg, original.lngDeg, 6e-8)).toBe(true);
        expect(near(read.speedMps, original.speedMps, 0.0051)).toBe(true);
        expect(near(read.accuracyM, original.accuracyM, 0.51)).toBe(true);
        const turn = Math.abs((read.headingDeg ?? 0) - (original.headingDeg ?? 0));
        expect(Math.min(turn, 360 - turn)).toBeLessThan(0.0051);
        const { capturedAtMs, seq, status, vehicleClass, isHeadingInferred, isSpeedInferred } = original;
        expect(read).toMatchObject({ capturedAtMs, seq, status, vehicleClass, isHeadingInferred, isSpeedInferred });
        expect(recordStatus(record)).toBe(status);
      }),
    );
  });

  it('takes 30 bytes for the usual vehicle classes, which Redis keeps in 32', () => {
    expect(['car', 'bike', 'auto'].map((vehicleClass) => recordLength({ vehicleClass }))).toEqual([30, 30, 30]);
    expect(recordLength({ vehicleClass: 'rickshaw' })).toBe(RECORD_BYTES + 8);
  });

  it('keeps what the writer stamps, and clamps a writing time before the capture', () => {
    const record = Buffer.alloc(RECORD_BYTES);
    const original = fc.sample(ping, 1)[0] as Parameters<typeof writeRecord>[2];
    writeRecord(record, 0, { ...original, vehicleClass: 'car', capturedAtMs: 1_700_000_000_000 });
    stampRecord(record, 65_535, 1_700_000_000_250);
    expect(readRecord(record)).toMatchObject({ life: 65_535, writtenAtMs: 1_700_000_000_250 });
    stampRecord(record, 0, 1_600_000_000_000);
    expect(readRecord(record)).toMatchObject({ life: 0, writtenAtMs: 1_700_000_000_000 });
  });

  it.each([
    { isHeadingInferred: true, isSpeedInferred: false, bits: 0x80 },
    { isHeadingInferred: false, isSpeedInferred: true, bits: 0x40 },
    { isHeadingInferred: true, isSpeedInferred: true, bits: 0xc0 },
  ])(
    'keeps what is inferred in the two highest bits of the status: $isHeadingInferred, $isSpeedInferred',
    ({ bits, ...marks }) => {
      const record = Buffer.alloc(RECORD_BYTES);
      const original = { ...(fc.sample(ping, 1)[0] as Parameters<typeof writeRecord>[2]), vehicleClass: 'car' };
      STATUSES.forEach((status, code) => {
        writeRecord(record, 0, { ...original, status, ...marks });
        expect(record[21]).toBe(bits + code);
        expect(recordStatus(record)).toBe(status);
        expect(readRecord(record)).toMatchObject({ status, ...marks });
        const { isHeadingInferred: _, isSpeedInferred: __, ...unmarked } = { ...original, status };
        writeRecord(record, 0, unmarked);
        expect(record[21]).toBe(code);
        expect(readRecord(record)).toMatchObject({ status, isHeadingInferred: false, isSpeedInferred: false });
      });
    },
  );

  it('refuses what is too short to be one', () => {
    expect(() => readRecord(Buffer.alloc(RECORD_BYTES - 1))).toThrow(RangeError);
  });
});
