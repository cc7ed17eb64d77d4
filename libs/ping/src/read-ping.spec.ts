import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Ping } from './ping.js';
import { type PingSender, readPing } from './read-ping.js';

const NOW_MS = 1_700_000_000_000;
const PHONE: PingSender = { driverId: 'd-17', vehicleClass: 'car', isClassSettled: false, maxStatus: 'on_trip' };
const FLEET: PingSender = { ...PHONE, driverId: undefined };
const GOOD = { lat: 37.77, lng: -122.42, capturedAtMs: NOW_MS };

const read = (fields: object, sender = PHONE, maxSpeedMps = 70) =>
  readPing({ ...GOOD, ...fields }, sender, 0, maxSpeedMps);

describe('readPing', () => {
  it('takes the three required fields and fills in the rest', () => {
    expect(read({})).toEqual({
      driverId: 'd-17',
      latDeg: 37.77,
      lngDeg: -122.42,
      capturedAtMs: NOW_MS,
      seq: 0,
      headingDeg: undefined,
      speedMps: undefined,
      accuracyM: undefined,
      status: 'available',
      vehicleClass: 'car',
    });
  });

  it.each([
    ['latitude 91', { lat: 91 }],
    ['latitude 89.9, beyond what cells are good for', { lat: 89.9 }],
    ['latitude −85.051', { lat: -85.051 }],
    ['longitude 181', { lng: 181 }],
    ['NaN', { lat: Number.NaN }],
    ['infinity', { lng: Number.POSITIVE_INFINITY }],
    ['exactly 0,0', { lat: 0, lng: 0 }],
    ['−0,0', { lat: -0, lng: 0 }],
    ['bad coordinates beside a bad field', { lat: 91, capturedAtMs: 'now' }],
    ['bad coordinates beside a bad driver id', { lat: 91, driverId: 'a\nb' }],
  ])('calls %s bad coordinates', (_, fields) => {
    expect(read(fields, FLEET)).toBe('bad_coordinates');
  });

  it.each([
    { lat: '37.77' },
    { lng: null },
    { lat: undefined },
    { lat: [37.77] },
    { capturedAtMs: String(NOW_MS) },
    { capturedAtMs: undefined },
    { capturedAtMs: NOW_MS + 0.5 },
    { capturedAtMs: -1 },
    { capturedAtMs: 2 ** 48 },
    { capturedAtMs: Number.NaN },
    { capturedAtMs: Number.POSITIVE_INFINITY },
    { seq: -1 },
    { seq: 1.5 },
    { seq: 2 ** 32 },
    { seq: '1' },
    { headingDeg: -0.1 },
    { headingDeg: 360.1 },
    { headingDeg: Number.NaN },
    { speedMps: -1 },
    { speedMps: 70.1 },
    { speedMps: '8' },
    { accuracyM: -1 },
    { accuracyM: Number.POSITIVE_INFINITY },
    { status: 'busy' },
    { status: '__proto__' },
    { status: 3 },
    { vehicleClass: 'Car' },
    { vehicleClass: '' },
    { vehicleClass: 'a-class-name-of-19' },
    { vehicleClass: 5 },
  ])('calls %j a bad field', (fields) => {
    expect(read(fields)).toBe('bad_field');
  });

  it.each([null, undefined, 5, 'ping', true, [], [GOOD]])('calls %j in place of a ping a bad field', (raw) => {
    expect(readPing(raw, PHONE, 0, 70)).toBe('bad_field');
  });

  it.each([undefined, null, 17, '', 'a'.repeat(65), 'd-17\n', 'd\u00e9', {}])(
    'calls a bad field a fleet ping of the driver %j',
    (driverId) => {
      expect(read({ driverId }, FLEET)).toBe('bad_field');
    },
  );

  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'a'.repeat(64), 'A-z_0.9:'])(
    'takes %s for a driver id like any other',
    (driverId) => {
      expect(read({ driverId }, FLEET)).toMatchObject({ driverId });
    },
  );

  it('ignores fields that it does not know, whatever their names', () => {
    const raw = JSON.parse(`{"lat":1,"lng":2,"capturedAtMs":3,"__proto__":{"seq":"x"},"constructor":1,"battery":7}`);
    expect(readPing(raw, PHONE, 0, 70)).toMatchObject({ latDeg: 1, lngDeg: 2, capturedAtMs: 3, seq: 0 });
  });

  it('takes the bounds themselves, and 360° for 0°', () => {
    const bounds = { lat: 85.05, lng: -180, seq: 2 ** 32 - 1, headingDeg: 360, speedMps: 70, accuracyM: 0 };
    expect(read(bounds)).toMatchObject({ latDeg: 85.05, lngDeg: -180, seq: 2 ** 32 - 1, headingDeg: 0, speedMps: 70 });
  });

  it('refuses 255 mph, which stands for unknown, also where an accelerated replay has raised the bound', () => {
    expect(read({ speedMps: 113.9952 }, PHONE, 10_000)).toBe('bad_field');
    expect(read({ speedMps: 110 }, PHONE, 10_000)).toMatchObject({ speedMps: 110 });
  });

  it('lowers a status above the token’s to the token’s, and leaves one below', () => {
    const sender: PingSender = { ...PHONE, maxStatus: 'available' };
    expect(read({ status: 'on_trip' }, sender)).toMatchObject({ status: 'available' });
    expect(read({ status: 'idle' }, sender)).toMatchObject({ status: 'idle' });
    expect(read({}, { ...PHONE, maxStatus: 'idle' })).toMatchObject({ status: 'idle' });
  });

  it('takes null in an optional field for a field left out', () => {
    const optional = ['seq', 'headingDeg', 'speedMps', 'accuracyM', 'status', 'vehicleClass', 'driverId'];
    expect(read(Object.fromEntries(optional.map((name) => [name, null])))).toEqual(read({}));
  });

  it('prefers the ping’s vehicle class to the sender’s usual one, and one that is settled to the ping’s', () => {
    const sender: PingSender = { ...PHONE, vehicleClass: 'bike' };
    expect(read({}, sender)).toMatchObject({ vehicleClass: 'bike' });
    expect(read({ vehicleClass: 'auto' }, sender)).toMatchObject({ vehicleClass: 'auto' });
    const settled: PingSender = { ...sender, isClassSettled: true };
    expect(read({ vehicleClass: 'auto' }, settled)).toMatchObject({ vehicleClass: 'bike' });
  });

  it('adds the clock’s offset to the time', () => {
    expect((readPing(GOOD, PHONE, -31_536_000_000, 70) as Ping).capturedAtMs).toBe(NOW_MS - 31_536_000_000);
  });

  it('never throws, and never lets a field out of range through', () => {
    const field = fc.oneof(fc.anything(), fc.double(), fc.integer(), fc.constantFrom('idle', 'car', 'd-1'));
    const raw = fc.record(
      {
        lat: fc.oneof(fc.double({ min: -100, max: 100 }), field),
        lng: fc.oneof(fc.double({ min: -200, max: 200 }), field),
        capturedAtMs: fc.oneof(fc.nat(), field),
        seq: fc.oneof(fc.nat(), field),
        headingDeg: field,
        speedMps: field,
        accuracyM: field,
        status: field,
        vehicleClass: field,
        driverId: field,
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.oneof(raw, fc.anything()), (sent) => {
        const ping = readPing(sent, FLEET, 0, 70);
        if (typeof ping === 'string') return;
        expect(Math.abs(ping.latDeg)).toBeLessThanOrEqual(85.05);
        expect(Math.abs(ping.lngDeg)).toBeLessThanOrEqual(180);
        expect(ping.driverId).toMatch(/^[A-Za-z0-9_.:-]{1,64}$/);
        expect(Number.isSafeInteger(ping.capturedAtMs)).toBe(true);
        expect(ping.speedMps ?? 0).toBeLessThanOrEqual(70);
        expect(ping.headingDeg ?? 0).toBeLessThan(360);
      }),
    );
  });
});
