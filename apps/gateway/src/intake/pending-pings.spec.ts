import { readRecord } from '@hexfleet/driver-record';
import type { Ping } from '@hexfleet/ping';
import { decodePingBatch, MAX_BATCH_PINGS } from '@hexfleet/ping-batch';
import { describe, expect, it } from '@jest/globals';
import { PingHints } from '../shedding/ping-hints.js';
import { type OpenBatch, PendingPings } from './pending-pings.js';
import { Submission } from './submission.js';

const NOW_MS = 1_000_000;

function pingOf(driver: number, seq: number, vehicleClass = 'car'): Ping {
  const readings = { headingDeg: undefined, speedMps: undefined, accuracyM: undefined };
  const place = { latDeg: 37.7, lngDeg: -122.4, capturedAtMs: NOW_MS };
  return { driverId: `d-${driver}`, seq, ...place, ...readings, status: 'available', vehicleClass };
}

/** What a batch's message holds: driver → sequence number. */
function contentOf({ builder, receivedAtMs }: OpenBatch): Map<string, number> {
  const batch = decodePingBatch(builder.finish({ publisher: '0'.repeat(16), totalBefore: 0, receivedAtMs }));
  return new Map(batch.readPings().map(({ driverId, record }) => [driverId, readRecord(record).seq]));
}

describe('pending pings', () => {
  const nobody = new Submission(10_000, new PingHints(1, { afterMs: 4_000, minMoveM: 25 }, () => 0), () => {});
  const add = (pending: PendingPings, ping: Ping, receivedAtMs = NOW_MS) => pending.add(ping, nobody, 0, receivedAtMs);

  it('fill several batches while the stream is slow, and each driver`s newest stands where its first stood', () => {
    const pending = new PendingPings();
    const drivers = 2.5 * MAX_BATCH_PINGS;
    for (let driver = 0; driver < drivers; driver++) add(pending, pingOf(driver, 1));
    for (let driver = 0; driver < drivers; driver += 7) add(pending, pingOf(driver, 3));
    for (let driver = 0; driver < drivers; driver += 11) add(pending, pingOf(driver, 2));
    for (let driver = 0; driver < drivers; driver += 13) add(pending, pingOf(driver, 4, 'rickshaw'));
    expect(pending.drivers).toBe(drivers);
    const newest = (driver: number) => (driver % 13 === 0 ? 4 : driver % 7 === 0 ? 3 : driver % 11 === 0 ? 2 : 1);
    for (let from = 0; from < drivers; from += MAX_BATCH_PINGS) {
      const batch = pending.take() as OpenBatch;
      const to = Math.min(drivers, from + MAX_BATCH_PINGS);
      const expected = new Map(Array.from({ length: to - from }, (_, i) => [`d-${from + i}`, newest(from + i)]));
      expect(contentOf(batch)).toEqual(expected);
      expect(batch.waiting.map(({ driverId, seq }) => [driverId, seq])).toEqual([...expected]);
      expect(pending.drivers).toBe(drivers - to);
    }
    expect([pending.take(), pending.heldBytes]).toEqual([undefined, 0]);
  });

  it('of a driver whose batch was taken out go into the next one', () => {
    const pending = new PendingPings();
    for (let driver = 0; driver <= MAX_BATCH_PINGS; driver++) add(pending, pingOf(driver, 1));
    pending.take();
    add(pending, pingOf(0, 2));
    expect(contentOf(pending.take() as OpenBatch)).toEqual(
      new Map([
        [`d-${MAX_BATCH_PINGS}`, 1],
        ['d-0', 2],
      ]),
    );
  });

  it('remember when the oldest of a batch was received, and every one that another stands for', () => {
    const pending = new PendingPings();
    add(pending, pingOf(1, 2), NOW_MS);
    add(pending, pingOf(1, 1), NOW_MS - 5);
    add(pending, pingOf(1, 3), NOW_MS + 5);
    const batch = pending.take() as OpenBatch;
    const seqs: number[] = [];
    for (let one = batch.waiting[0]; one !== undefined; one = one.replaced) seqs.push(one.seq);
    expect([batch.receivedAtMs, seqs]).toEqual([NOW_MS - 5, [3, 2, 1]]);
  });
});
