import { parseTrace } from '@hexfleet/trace';
import { describe, expect, it } from '@jest/globals';
import { HygieneOracle, type OracleVerdict, type SentPing } from './hygiene-oracle.js';
import { describeWithTraces, readTraceFile } from './trace-files.js';

const NOW_MS = 1_700_000_000_000;
const METRES_PER_LAT_DEG = 111_195.08;

/** A ping of one driver, `northM` metres north of Austin's Congress Avenue, taken `seconds` after the start. */
function ping(seconds: number, northM: number, more: SentPing = {}): SentPing {
  return {
    driverId: 'bus-2619',
    lat: 30.19826 + northM / METRES_PER_LAT_DEG,
    lng: -97.77679,
    capturedAtMs: NOW_MS + seconds * 1000,
    seq: Math.abs(seconds),
    ...more,
  };
}

/** The verdicts on pings that each arrive when they were taken, or, when they are old, when the newest before was. */
function verdicts(pings: readonly SentPing[], oracle = new HygieneOracle()): OracleVerdict[] {
  let nowMs = NOW_MS;
  return pings.map((sent) => {
    if (typeof sent.capturedAtMs === 'number') nowMs = Math.max(nowMs, Math.min(sent.capturedAtMs, nowMs + 3_600_000));
    return oracle.judge(sent, nowMs);
  });
}

describe('the hygiene oracle on the dirt of real traces', () => {
  it('refuses a fix at exactly 0,0, as three rows of Austin 2017 have it', () => {
    expect(verdicts([ping(0, 0), ping(60, 0, { lat: 0, lng: 0 }), ping(120, 0)])).toEqual([
      'accepted',
      'bad_coordinates',
      'accepted',
    ]);
  });

  it('refuses the all-ones speed byte, 113.9952 m/s, whatever the policy allows', () => {
    const oracle = new HygieneOracle({ maxSpeedMps: 10_000 });
    expect(verdicts([ping(0, 0, { speedMps: 113.9952 }), ping(1, 0, { speedMps: 109 })], oracle)).toEqual([
      'bad_field',
      'accepted',
    ]);
  });

  it('calls a repeat of time, sequence and fix a duplicate, and one of time alone out of order', () => {
    expect(verdicts([ping(0, 0), ping(0, 0), ping(0, 30), ping(1, 30)])).toEqual([
      'accepted',
      'duplicate',
      'out_of_order',
      'accepted',
    ]);
  });

  it('refuses a row that goes back in time, and one that is hours old', () => {
    expect(verdicts([ping(0, 0), ping(-1, 0), ping(-7_200, 0)])).toEqual(['accepted', 'out_of_order', 'too_old']);
  });

  it('orders pings of one millisecond by their sequence', () => {
    const capturedAtMs = NOW_MS;
    const sent = [ping(5, 0, { capturedAtMs }), ping(6, 20, { capturedAtMs }), ping(4, 20, { capturedAtMs })];
    expect(verdicts(sent)).toEqual(['accepted', 'accepted', 'out_of_order']);
  });
});

describe('the hygiene oracle on jumps', () => {
  // 70 m/s for 10 s is 700 m, and 50 m are slack.
  it('allows what the fastest vehicle could drive, and not a metre more', () => {
    expect(verdicts([ping(0, 0), ping(10, 749)])).toEqual(['accepted', 'accepted']);
    expect(verdicts([ping(0, 0), ping(10, 751)])).toEqual(['accepted', 'impossible_jump']);
  });

  it('believes a jump that the next ping bears out', () => {
    expect(verdicts([ping(0, 0), ping(10, 9_000), ping(20, 9_100)])).toEqual([
      'accepted',
      'impossible_jump',
      'accepted',
    ]);
  });

  it('does not believe a jump because the same ping comes again', () => {
    expect(verdicts([ping(0, 0), ping(10, 9_000), ping(10, 9_000)])).toEqual([
      'accepted',
      'impossible_jump',
      'impossible_jump',
    ]);
  });

  it('forgets the suspect once a ping agrees with the last admitted', () => {
    const sent = [ping(0, 0), ping(10, 9_000), ping(20, 100), ping(30, 9_100)];
    expect(verdicts(sent)).toEqual(['accepted', 'impossible_jump', 'accepted', 'impossible_jump']);
  });

  it('suspects the latest of several jumps', () => {
    const sent = [ping(0, 0), ping(10, 9_000), ping(20, 90_000), ping(30, 90_100)];
    expect(verdicts(sent)).toEqual(['accepted', 'impossible_jump', 'impossible_jump', 'accepted']);
  });

  it('sees no jump across the antimeridian', () => {
    const sent = [ping(0, 0, { lat: 10, lng: 179.9999 }), ping(1, 0, { lat: 10, lng: -179.9999 })];
    expect(verdicts(sent)).toEqual(['accepted', 'accepted']);
  });
});

describe('the hygiene oracle on fields', () => {
  it.each<[string, SentPing, OracleVerdict]>([
    ['latitude 91', { lat: 91 }, 'bad_coordinates'],
    ['latitude 89.9', { lat: 89.9 }, 'bad_coordinates'],
    ['latitude 85.05', { lat: 85.05 }, 'accepted'],
    ['longitude 181', { lng: 181 }, 'bad_coordinates'],
    ['longitude 180', { lng: 180 }, 'accepted'],
    ['NaN', { lat: Number.NaN }, 'bad_coordinates'],
    ['a latitude that is a string', { lat: '37.77' }, 'bad_field'],
    ['no longitude', { lng: undefined }, 'bad_field'],
    ['latitude 0, longitude not', { lat: 0 }, 'accepted'],
    ['a fractional time', { capturedAtMs: NOW_MS + 0.5 }, 'bad_field'],
    ['a negative time', { capturedAtMs: -1 }, 'bad_field'],
    ['a time that is a string', { capturedAtMs: `${NOW_MS}` }, 'bad_field'],
    ['a sequence past 32 bits', { seq: 2 ** 32 }, 'bad_field'],
    ['a heading of 361', { headingDeg: 361 }, 'bad_field'],
    ['a negative accuracy', { accuracyM: -1 }, 'bad_field'],
    ['a speed over the bound', { speedMps: 70.1 }, 'bad_field'],
    ['an unknown status', { status: 'parked' }, 'bad_field'],
    ['a driver id of 65 characters', { driverId: 'd'.repeat(65) }, 'bad_field'],
    ['a driver id with a newline', { driverId: 'd-1\n' }, 'bad_field'],
    ['the driver __proto__', { driverId: '__proto__' }, 'accepted'],
    ['an accuracy of 200', { accuracyM: 200 }, 'accepted'],
    ['an accuracy of 201', { accuracyM: 201 }, 'inaccurate'],
    ['five seconds ahead', { capturedAtMs: NOW_MS + 5_000 }, 'accepted'],
    ['more than five seconds ahead', { capturedAtMs: NOW_MS + 5_001 }, 'future'],
    ['a minute old', { capturedAtMs: NOW_MS - 60_000 }, 'accepted'],
    ['more than a minute old', { capturedAtMs: NOW_MS - 60_001 }, 'too_old'],
  ])('%s', (_name, more, expected) => {
    expect(new HygieneOracle().judge(ping(0, 0, more), NOW_MS)).toBe(expected);
  });

  it('judges age on the corrected time, and order on the raw one', () => {
    const oracle = new HygieneOracle();
    const aheadMs = 600_000;
    expect(oracle.judge(ping(600, 0), NOW_MS, aheadMs)).toBe('accepted');
    expect(oracle.judge(ping(599, 0), NOW_MS, aheadMs)).toBe('out_of_order');
    expect(oracle.newest.get('bus-2619')?.capturedAtMs).toBe(NOW_MS + 600_000);
    expect(oracle.judge(ping(1, 0), NOW_MS, 0)).toBe('accepted');
  });
});

describeWithTraces('the hygiene oracle on Austin 2017', ['austin_buses_2017-03-21.csv.gz'], () => {
  it('finds the faults that the file is known for', () => {
    const { rows } = parseTrace(readTraceFile('austin_buses_2017-03-21.csv.gz'));
    const counts = new Map<OracleVerdict, number>();
    const oracle = new HygieneOracle();
    let newestMs = 0;
    for (const row of rows.toSorted((a, b) => a.tsMs - b.tsMs)) {
      newestMs = Math.max(newestMs, row.tsMs);
      const sent = { ...row, lat: row.latDeg, lng: row.lngDeg, capturedAtMs: row.tsMs };
      const verdict = oracle.judge(sent, newestMs);
      counts.set(verdict, (counts.get(verdict) ?? 0) + 1);
    }
    expect(counts.get('bad_coordinates')).toBe(3);
    // Seven speeds are 113.9952 m/s; two of them stand beside 0,0, which is found first.
    expect(counts.get('bad_field')).toBe(5);
    expect(counts.get('duplicate')).toBe(1);
    expect([...counts.values()].reduce((sum, count) => sum + count, 0)).toBe(45_386);
  });
});
