import {
  MAX_RECORD_BYTES,
  RECORD_BYTES,
  recordLength,
  recordLife,
  stampRecord,
  writeRecord,
} from '@hexfleet/driver-record';
import type { Status } from '@hexfleet/ping';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { DriverTable, NEVER_MS, NO_ROW } from './driver-table.js';

const NOW_MS = 1_700_000_000_000;
const TTL_MS = 60_000;

interface Told {
  readonly capturedAtMs: number;
  readonly seq: number;
  readonly status: Status;
  readonly vehicleClass: string;
  readonly life: number;
}

function recordOf({ life, ...ping }: Told): Buffer {
  const nothing = { headingDeg: undefined, speedMps: undefined, accuracyM: undefined };
  const record = Buffer.alloc(recordLength(ping));
  writeRecord(record, 0, { latDeg: 1, lngDeg: 2, ...nothing, ...ping });
  stampRecord(record, life, NOW_MS);
  return record;
}

const usual: Told = { capturedAtMs: NOW_MS, seq: 1, status: 'available', vehicleClass: 'car', life: 3 };

/** What a table of objects would hold. */
interface Entry {
  told: Told;
  life: number;
  confirmedAtMs: number;
}
type Model = Map<string, Entry>;
type Step = (table: DriverTable, model: Model) => void;

/** So few that rows are freed and taken again, and more than a table has at first. */
const driverId = fc.integer({ min: 0, max: 150 }).map((i) => `d${i}`);
const told = fc.record({
  capturedAtMs: fc.integer({ min: NOW_MS - 2 * TTL_MS, max: NOW_MS }),
  seq: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  status: fc.constantFrom<Status>('on_trip', 'available'),
  vehicleClass: fc.oneof(fc.constant('car'), fc.stringMatching(/^[a-z0-9_-]{1,16}$/)),
  life: fc.integer({ min: 0, max: 0xffff }),
});
const confirmedAtMs = fc.oneof(fc.constant(NEVER_MS), fc.integer({ min: NOW_MS - TTL_MS, max: NOW_MS }));

function set(id: string, ping: Told, toldAtMs: number): Step {
  return (table, model) => {
    const before = model.get(id);
    const entry = { told: ping, life: ping.life, confirmedAtMs: Math.max(before?.confirmedAtMs ?? NEVER_MS, toldAtMs) };
    model.set(id, entry);
    table.set(id, recordOf(ping), toldAtMs);
  };
}

function setMany(count: number, ping: Told): Step {
  return (table, model) => {
    for (let i = 0; i < count; i++) set(`d${i}`, { ...ping, seq: i }, NOW_MS)(table, model);
  };
}

function remove(ids: readonly string[]): Step {
  return (table, model) => {
    for (const id of ids) {
      model.delete(id);
      table.delete(id);
    }
  };
}

function tell(id: string, life: number, toldAtMs: number): Step {
  return (table, model) => {
    const entry = model.get(id);
    if (entry === undefined) return;
    Object.assign(entry, { life, confirmedAtMs: toldAtMs });
    table.setLife(table.find(id), life);
    table.confirm(table.find(id), toldAtMs);
  };
}

const forget: Step = (table, model) => {
  for (const entry of model.values()) entry.confirmedAtMs = NEVER_MS;
  table.forgetConfirmations();
};

const steps: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.tuple(driverId, told, confirmedAtMs).map((args) => set(...args)) },
  { weight: 1, arbitrary: fc.tuple(fc.integer({ min: 0, max: 400 }), told).map((args) => setMany(...args)) },
  { weight: 4, arbitrary: fc.array(driverId, { maxLength: 100 }).map(remove) },
  { weight: 1, arbitrary: fc.constant(remove(Array.from({ length: 400 }, (_, i) => `d${i}`).slice(5))) },
  {
    weight: 2,
    arbitrary: fc.tuple(driverId, told).map(([id, { life, capturedAtMs }]) => tell(id, life, capturedAtMs)),
  },
  { weight: 1, arbitrary: fc.constant(forget) },
  { weight: 2, arbitrary: fc.constant<Step>((table) => table.compact()) },
);

function expectSame(table: DriverTable, model: Model): void {
  expect(table.size).toBe(model.size);
  expect(table.views()).toEqual([...model].map(([id, entry]) => ({ driverId: id, record: recordOf(entry.told) })));
  for (const [id, { told: ping, life, confirmedAtMs: toldAtMs }] of model) {
    const row = table.find(id);
    expect([table.capturedAtMs(row), table.isAvailable(row), table.life(row), table.confirmedAtMs(row)]).toEqual([
      ...[ping.capturedAtMs, ping.status === 'available', life, toldAtMs],
    ]);
    expect(table.compareOrder(recordOf(ping), row)).toBe(0);
    expect(table.compareOrder(recordOf({ ...ping, capturedAtMs: ping.capturedAtMs + 1, seq: 0 }), row)).toBe(1);
  }
  const silent = [...model].filter(([, { told: ping }]) => NOW_MS - ping.capturedAtMs > TTL_MS);
  expect(table.silent(NOW_MS, TTL_MS)).toEqual(silent.map(([id]) => id));
  const unconfirmed = [...model].filter(([, entry]) => entry.confirmedAtMs === NEVER_MS).map(([id]) => id);
  expect(table.unconfirmed(7)).toEqual(unconfirmed.slice(0, 7).map((id) => [id, table.find(id)]));
}

describe('the table of drivers', () => {
  it('holds what a table of objects would hold, in the same order, whatever rows are used again', () => {
    fc.assert(
      fc.property(fc.array(steps, { maxLength: 40 }), (taken) => {
        const table = new DriverTable();
        const model: Model = new Map();
        for (const step of taken) {
          step(table, model);
          expectSame(table, model);
        }
      }),
    );
  });

  it('keeps the number of a row that is held while others come', () => {
    const table = new DriverTable();
    table.set('held', recordOf(usual), NEVER_MS);
    const row = table.find('held');
    for (let i = 0; i < 1_000; i++) table.set(`d${i}`, recordOf(usual), NEVER_MS);
    expect(table.find('held')).toBe(row);
    table.set('held', recordOf({ ...usual, life: 9 }), NEVER_MS, row);
    expect(table.life(row)).toBe(9);
    expect(table.find('nobody')).toBe(NO_ROW);
  });

  it('gives memory back when most drivers have gone, and only then', () => {
    const table = new DriverTable();
    const firstCapacity = table.capacity;
    for (let i = 0; i < 10_000; i++) table.set(`d${i}`, recordOf(usual), NOW_MS);
    const fullCapacity = table.capacity;
    for (let i = 0; i < 5_000; i++) table.delete(`d${i}`);
    table.compact();
    expect(table.capacity).toBe(fullCapacity);
    for (let i = 5_000; i < 9_900; i++) table.delete(`d${i}`);
    table.compact();
    expect(table.capacity).toBeLessThan(400);
    for (let i = 9_900; i < 10_000; i++) table.delete(`d${i}`);
    table.compact();
    expect([table.size, table.capacity]).toEqual([0, firstCapacity]);
  });

  it.each([
    ['short', RECORD_BYTES - 1],
    ['long', MAX_RECORD_BYTES + 1],
  ])('takes what is too %s to be a record for one of long ago, and keeps the others as they are', (_, bytes) => {
    const table = new DriverTable();
    for (const id of ['a', 'b', 'c']) table.set(id, recordOf(usual), NOW_MS);
    table.set('b', Buffer.alloc(bytes, 0xff), NEVER_MS);
    expect(table.silent(NOW_MS, TTL_MS)).toEqual(['b']);
    for (const { driverId: id, record } of table.views()) expect(recordLife(record)).toBe(id === 'b' ? 0 : usual.life);
  });
});
