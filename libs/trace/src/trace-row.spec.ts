import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseRiderPlaces } from './rider-places.js';
import { parseTrace, sortByTime, TRACE_COLUMNS, type TraceRow, traceLine } from './trace-row.js';
import { TraceFormatError } from './trace-text.js';

describe('reading a trace', () => {
  it('takes rows as they are, in their order, with their repeats and faults', () => {
    const { rows, unreadable } = parseTrace(
      'driver_id,ts_ms,lat,lng,speed_mps\n' +
        '2010,1425744214000,30.231535,-97.73347,0.0\n' +
        '2010,1425744214000,30.231535,-97.73347,0.0\n' +
        '2619,1425744000000,0,0,113.9952\n' +
        '2620,1425744000000,,north,\n',
    );
    expect(rows.map((row) => [row.driverId, row.tsMs, row.latDeg, row.lngDeg, row.speedMps])).toEqual([
      ['2010', 1425744214000, 30.231535, -97.73347, 0],
      ['2010', 1425744214000, 30.231535, -97.73347, 0],
      ['2619', 1425744000000, 0, 0, 113.9952],
      ['2620', 1425744000000, Number.NaN, Number.NaN, undefined],
    ]);
    expect(unreadable).toEqual([]);
  });

  it('finds columns by name, whatever their order and the ends of the lines', () => {
    const { rows } = parseTrace('\uFEFFlng, lat ,note,ts_ms,driver_id\r\n-97.7,30.2,x,5,a\r\n\r\n-97.8,30.3,y,6,b');
    expect(rows.map((row) => [row.driverId, row.tsMs, row.latDeg, row.lngDeg, row.speedMps])).toEqual([
      ['a', 5, 30.2, -97.7, undefined],
      ['b', 6, 30.3, -97.8, undefined],
    ]);
  });

  it('names the line of a row without a vehicle or a time', () => {
    const { rows, unreadable } = parseTrace('driver_id,ts_ms,lat,lng\n,5,1,2\na,noon,1,2\na,7,1,2\n');
    expect(rows).toHaveLength(1);
    expect(unreadable.map(({ line }) => line)).toEqual([2, 3]);
  });

  it('refuses a text that is no trace, naming what it lacks', () => {
    expect(() => parseTrace('ts_ms,lat,lng\n1,2,3\n')).toThrow(TraceFormatError);
    expect(() => parseTrace('ts_ms,lat,lng\n1,2,3\n')).toThrow(/no driver_id/);
    expect(() => parseTrace('')).toThrow(TraceFormatError);
  });

  it('reads back what traceLine writes', () => {
    const reading = fc.option(fc.double({ noNaN: true, noDefaultInfinity: true, min: 0, max: 400 }), {
      nil: undefined,
    });
    const row = fc.record<TraceRow>({
      driverId: fc.stringMatching(/^[A-Za-z0-9_.:-]{1,64}$/),
      tsMs: fc.nat(2 ** 45),
      latDeg: fc.double({ noNaN: true, min: -90, max: 90 }).map((deg) => deg + 0),
      lngDeg: fc.double({ noNaN: true, min: -180, max: 180 }).map((deg) => deg + 0),
      speedMps: reading,
      headingDeg: reading,
      accuracyM: reading,
      status: fc.constantFrom('on_trip', 'idle', undefined),
      vehicleClass: fc.constantFrom('car', undefined),
    });
    fc.assert(
      fc.property(fc.array(row), (rows) => {
        const text = [TRACE_COLUMNS.join(','), ...rows.map(traceLine)].join('\n');
        // Text has no negative zero.
        const written = rows.map((one) => ({
          ...one,
          speedMps: plain(one.speedMps),
          headingDeg: plain(one.headingDeg),
        }));
        expect(parseTrace(text).rows).toEqual(written.map((one) => ({ ...one, accuracyM: plain(one.accuracyM) })));
      }),
    );
  });
});

describe('sorting a trace', () => {
  it('orders by time and leaves rows of one moment in the order of the file', () => {
    const { rows } = parseTrace('driver_id,ts_ms,lat,lng\nb,2,1,1\na,1,1,1\nc,1,2,2\na,2,3,3\n');
    expect(sortByTime(rows).map((row) => `${row.driverId}${row.tsMs}`)).toEqual(['a1', 'c1', 'b2', 'a2']);
  });
});

describe('reading riders', () => {
  it('gives places in the order of the file and leaves out lines without numbers', () => {
    expect(parseRiderPlaces('ts_ms,lat,lng\n3,37.7,-122.4\n,1,2\n1,37.8,-122.5\n')).toEqual([
      { tsMs: 3, latDeg: 37.7, lngDeg: -122.4 },
      { tsMs: 1, latDeg: 37.8, lngDeg: -122.5 },
    ]);
  });
});

function plain(value: number | undefined): number | undefined {
  return value === undefined ? undefined : value + 0;
}
