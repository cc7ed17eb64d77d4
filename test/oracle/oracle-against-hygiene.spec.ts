import {
  AdmittedFixes,
  DEFAULT_HYGIENE,
  DEFAULT_VEHICLE_CLASS,
  judgePing,
  type PingSender,
  REJECT_CODES,
  readPing,
} from '@hexfleet/ping';
import { parseTrace, sortByTime } from '@hexfleet/trace';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { HygieneOracle, type OracleVerdict, type SentPing } from './hygiene-oracle.js';
import { describeWithTraces, readTraceFile } from './trace-files.js';

const START_MS = 1_700_000_000_000;
const FLEET: PingSender = {
  driverId: undefined,
  vehicleClass: DEFAULT_VEHICLE_CLASS,
  isClassSettled: false,
  maxStatus: 'on_trip',
};

/** The verdicts of the gateway's own hygiene, which admits what it doesn't refuse. */
class GatewayHygiene {
  readonly #admitted = new AdmittedFixes(10_000);

  judge(sent: SentPing, nowMs: number, clockAheadMs = 0): OracleVerdict {
    const ping = readPing(sent, FLEET, -clockAheadMs, DEFAULT_HYGIENE.maxSpeedMps);
    if (typeof ping === 'string') return ping;
    const refusal = judgePing(ping, nowMs, -clockAheadMs, this.#admitted, DEFAULT_HYGIENE);
    if (refusal !== undefined) return refusal;
    this.#admitted.admit(ping, -clockAheadMs);
    return 'accepted';
  }
}

/** Mostly `usual`, now and then anything else. */
function seldom<T>(usual: fc.Arbitrary<T>, odd: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  return fc.oneof({ arbitrary: usual, weight: 50 }, { arbitrary: odd, weight: 1 });
}

const anyThing = fc.constantFrom(undefined, null, Number.NaN, '37.7', -1, 1e12, 0.5, 361, {}, Number.POSITIVE_INFINITY);
/** Places a short or a long way apart, so that all of standing, driving and jumping happen. */
const anyLat = fc.oneof(
  fc.integer({ min: 0, max: 40 }).map((step) => 37.77 + step * 0.0001),
  fc.constantFrom(37.9, 38),
);
const anyPing = fc.record({
  driverId: seldom(fc.constantFrom('a', 'a', 'a', '__proto__'), fc.constantFrom('', 'd\n', 'd'.repeat(65), 7)),
  lat: seldom(anyLat, fc.oneof(anyThing, fc.constantFrom(0, 91, 89.9, 85.05, 85.06))),
  lng: seldom(fc.constantFrom(-122.42, -122.4201), fc.oneof(anyThing, fc.constantFrom(0, 181, 180, -180))),
  ageMs: fc.oneof(
    { arbitrary: fc.integer({ min: 0, max: 40 }).map((step) => step * 250), weight: 50 },
    { arbitrary: fc.constantFrom(-5_000, -5_001, 60_000, 60_001), weight: 1 },
  ),
  oddCapturedAtMs: seldom(fc.constant('none'), fc.oneof(anyThing, fc.constantFrom(2 ** 48, 2 ** 48 - 1))),
  seq: seldom(fc.nat(2), fc.oneof(anyThing, fc.constantFrom(2 ** 32, 2 ** 32 - 1))),
  speedMps: seldom(fc.constantFrom(undefined, 0, 13.5, 70), fc.oneof(anyThing, fc.constantFrom(113.9952, 70.1))),
  headingDeg: seldom(fc.constantFrom(undefined, 0, 360), anyThing),
  accuracyM: seldom(fc.constantFrom(undefined, 0, 200), fc.oneof(anyThing, fc.constantFrom(200.1))),
  status: seldom(fc.constantFrom(undefined, 'idle'), fc.constantFrom('parked', null, 3)),
  vehicleClass: seldom(fc.constantFrom(undefined, 'bike'), fc.constantFrom('CAR', null, '')),
  waitMs: fc.constantFrom(0, 250, 1_000, 30_000),
  /** The ping before comes a second time. */
  isRepeat: fc.integer({ min: 0, max: 9 }).map((draw) => draw === 0),
  clockAheadMs: fc.oneof({ arbitrary: fc.constant(0), weight: 30 }, { arbitrary: fc.constant(600_000), weight: 1 }),
});

describe('the oracle and the hygiene of the gateway', () => {
  it('judge every ping of any sequence alike', () => {
    const seen = new Map<OracleVerdict, number>();
    fc.assert(
      fc.property(fc.array(anyPing, { minLength: 1, maxLength: 40, size: 'max' }), (pings) => {
        const oracle = new HygieneOracle();
        const gateway = new GatewayHygiene();
        let nowMs = START_MS;
        let sent: SentPing = {};
        for (const { waitMs, ageMs, oddCapturedAtMs, clockAheadMs, isRepeat, ...fields } of pings) {
          nowMs += waitMs;
          const capturedAtMs = oddCapturedAtMs === 'none' ? nowMs - ageMs + clockAheadMs : oddCapturedAtMs;
          if (!isRepeat) sent = { ...fields, capturedAtMs };
          const verdict = oracle.judge(sent, nowMs, clockAheadMs);
          expect(gateway.judge(sent, nowMs, clockAheadMs)).toBe(verdict);
          seen.set(verdict, (seen.get(verdict) ?? 0) + 1);
        }
      }),
      { numRuns: 1_000 },
    );
    for (const verdict of ['accepted', ...REJECT_CODES] as const) expect(seen.get(verdict)).toBeGreaterThan(100);
  });
});

const TRACES = ['austin_buses_2017-03-21.csv.gz', 'austin_buses_2015-03-07.csv.gz', 'sf_cabs_2008-05-30_18h.csv.gz'];

describeWithTraces('the oracle and the hygiene of the gateway on real traces', TRACES, () => {
  it.each(TRACES.flatMap((file) => [[file, true] as const, [file, false] as const]))(
    'judge every row of %s alike (by time: %s)',
    (file, isSorted) => {
      const { rows } = parseTrace(readTraceFile(file));
      const oracle = new HygieneOracle();
      const gateway = new GatewayHygiene();
      let newestMs = 0;
      const unlike = (isSorted ? sortByTime(rows) : rows).filter(({ latDeg, lngDeg, tsMs, ...row }) => {
        newestMs = Math.max(newestMs, tsMs);
        const sent = { ...row, lat: latDeg, lng: lngDeg, capturedAtMs: tsMs };
        return oracle.judge(sent, newestMs) !== gateway.judge(sent, newestMs);
      });
      expect(unlike).toEqual([]);
    },
  );
});
