import { readRecord } from '@hexfleet/driver-record';
import { MAX_VEHICLE_CLASS_LENGTH, type Ping } from '@hexfleet/ping';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { decodePingBatch, encodePingBatch, MAX_BATCH_PINGS, PingBatchBuilder } from './ping-batch.js';

const ping: fc.Arbitrary<Ping> = fc.record({
  driverId: fc.stringMatching(/^[A-Za-z0-9_.:-]{1,64}$/),
  latDeg: fc.double({ min: -85, max: 85, noNaN: true }),
  lngDeg: fc.double({ min: -180, max: 180, noNaN: true }),
  capturedAtMs: fc.integer({ min: 0, max: 2 ** 48 - 1 }),
  seq: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  headingDeg: fc.constant(undefined),
  speedMps: fc.constant(undefined),
  accuracyM: fc.constant(undefined),
  status: fc.constantFrom('on_trip', 'en_route', 'available', 'idle'),
  vehicleClass: fc.constantFrom('car', 'rickshaw'),
});
const batch = fc.record({
  publisher: fc.stringMatching(/^[0-9a-f]{16}$/),
  totalBefore: fc.integer({ min: 0, max: 2 ** 48 - 1 }),
  receivedAtMs: fc.integer({ min: 0, max: 2 ** 48 - 1 }),
  pings: fc.array(ping, { minLength: 1, maxLength: 40 }),
});

describe('ping batches', () => {
  it('come back as they were', () => {
    fc.assert(
      fc.property(batch, (original) => {
        const { size, readPings, ...rest } = decodePingBatch(encodePingBatch(original));
        const pings = readPings();
        expect(size).toBe(original.pings.length);
        expect({ ...rest, ids: pings.map(({ driverId }) => driverId) }).toEqual({
          publisher: original.publisher,
          totalBefore: original.totalBefore,
          receivedAtMs: original.receivedAtMs,
          ids: original.pings.map(({ driverId }) => driverId),
        });
        expect(pings.map(({ record }) => readRecord(record).seq)).toEqual(original.pings.map(({ seq }) => seq));
      }),
    );
  });

  it('hold, of pings that stand for others, the last, however long their classes are', () => {
    const sent = fc.array(fc.tuple(fc.nat(4), fc.constantFrom('car', 'rickshaw', 'tuk-tuk'), ping), { minLength: 1 });
    fc.assert(
      fc.property(sent, (told) => {
        const builder = new PingBatchBuilder(0);
        const places = new Map<string, number>();
        const last = new Map<string, string>();
        for (const [driver, vehicleClass, rest] of told) {
          const driverId = `d-${driver}`;
          const one = { ...rest, driverId, vehicleClass };
          const at = places.get(driverId);
          places.set(driverId, at === undefined ? builder.add(one) : builder.replace(at, one));
          last.set(driverId, `${one.seq} ${vehicleClass}`);
        }
        const batch = decodePingBatch(builder.finish({ publisher: '0'.repeat(16), totalBefore: 1, receivedAtMs: 2 }));
        const found = batch.readPings().map(({ driverId, record }) => {
          const { seq, vehicleClass } = readRecord(record);
          return [driverId, `${seq} ${vehicleClass}`] as const;
        });
        expect(batch.size).toBe(last.size);
        expect(new Map(found)).toEqual(last);
      }),
    );
  });

  it('refuses every truncation, every foreign version and bytes behind the end', () => {
    const [original] = fc.sample(batch, { numRuns: 1, seed: 7 });
    const message = encodePingBatch(original as typeof batch extends fc.Arbitrary<infer Batch> ? Batch : never);
    for (let length = 0; length < message.length; length++) {
      expect(() => decodePingBatch(message.subarray(0, length))).toThrow(RangeError);
    }
    expect(() => decodePingBatch(Buffer.concat([message, Buffer.of(0)]))).toThrow(RangeError);
    const foreign = Buffer.from(message);
    foreign[0] = 2;
    expect(() => decodePingBatch(foreign)).toThrow(/version 2/);
  });

  it('refuses a record longer than any', () => {
    const header = { publisher: '00'.repeat(8), totalBefore: 0, receivedAtMs: 0 };
    const one = fc.sample(ping, 1)[0] as Ping;
    const ofClass = (length: number) =>
      encodePingBatch({ ...header, pings: [{ ...one, vehicleClass: 'x'.repeat(length) }] });
    expect(decodePingBatch(ofClass(MAX_VEHICLE_CLASS_LENGTH)).size).toBe(1);
    expect(() => decodePingBatch(ofClass(MAX_VEHICLE_CLASS_LENGTH + 1))).toThrow(RangeError);
  });

  it('survives any bytes with a RangeError at worst', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const message = Buffer.from(bytes);
        if (message.length > 0) message[0] = 1;
        try {
          decodePingBatch(message);
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
        }
      }),
    );
  });

  it('is bounded', () => {
    const one = fc.sample(ping, 1)[0] as Ping;
    const header = { publisher: '00'.repeat(8), totalBefore: 0, receivedAtMs: 0 };
    expect(() => encodePingBatch({ ...header, pings: [] })).toThrow(RangeError);
    expect(() => encodePingBatch({ ...header, pings: new Array(MAX_BATCH_PINGS + 1).fill(one) })).toThrow(RangeError);
  });
});
