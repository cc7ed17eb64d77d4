import { RECORD_BYTES, writeRecord } from '@hexfleet/driver-record';
import { describe, expect, it } from '@jest/globals';
import { driverPosition, nearbyDriver } from './driver-views.js';

const CAPTURED_AT_MS = 1_700_000_000_000;
const PLACE = { latDeg: 48.1, lngDeg: 11.5 };

/** How a driver that goes east at 8 m/s is shown near a place, and by its id. */
function shownWith(marks: { readonly isHeadingInferred?: boolean; readonly isSpeedInferred?: boolean }) {
  const record = Buffer.alloc(RECORD_BYTES);
  const ping = {
    seq: 1,
    status: 'available',
    vehicleClass: 'car',
    accuracyM: 5,
    capturedAtMs: CAPTURED_AT_MS,
  } as const;
  writeRecord(record, 0, { ...PLACE, ...ping, headingDeg: 90, speedMps: 8, ...marks });
  const near = nearbyDriver(
    { driverId: 'd', record, place: PLACE, distanceM: 0 },
    (driverId) => driverId,
    CAPTURED_AT_MS,
  );
  return [near, driverPosition('d', record, CAPTURED_AT_MS)].map(({ headingDeg, speedMps }) => ({
    headingDeg,
    speedMps,
  }));
}

describe('heading and speed that are shown', () => {
  it.each([
    { given: 'both', marks: {}, shown: { headingDeg: 90, speedMps: 8 } },
    { given: 'its heading', marks: { isSpeedInferred: true }, shown: { headingDeg: 90, speedMps: undefined } },
    { given: 'its speed', marks: { isHeadingInferred: true }, shown: { headingDeg: undefined, speedMps: 8 } },
    {
      given: 'neither',
      marks: { isHeadingInferred: true, isSpeedInferred: true },
      shown: { headingDeg: undefined, speedMps: undefined },
    },
  ])('are those that the phone read: of one that gives $given', ({ marks, shown }) => {
    expect(shownWith(marks)).toEqual([shown, shown]);
  });
});
