import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { HygieneOracle } from '../../../test/oracle/hygiene-oracle.js';
import { AdmittedFixes } from './admitted-fixes.js';
import { judgePing } from './hygiene.js';
import { DEFAULT_HYGIENE } from './hygiene-policy.js';
import type { RejectCode } from './outcome.js';
import { type PingSender, readPing } from './read-ping.js';

const NOW_MS = 1_700_000_000_000;
const FLEET: PingSender = { driverId: undefined, vehicleClass: 'car', isClassSettled: false, maxStatus: 'on_trip' };

class Hygiene {
  readonly #admitted = new AdmittedFixes(1_000);

  judge(raw: unknown, nowMs: number): RejectCode | 'accepted' {
    const ping = readPing(raw, FLEET, 0, DEFAULT_HYGIENE.maxSpeedMps);
    if (typeof ping === 'string') return ping;
    const code = judgePing(ping, nowMs, 0, this.#admitted, DEFAULT_HYGIENE);
    if (code === undefined) this.#admitted.admit(ping, 0);
    return code ?? 'accepted';
  }
}

describe('judgePing', () => {
  const good = { driverId: 'd-1', lat: 37.77, lng: -122.42, capturedAtMs: NOW_MS };

  it.each([
    [5_000, 'accepted'],
    [5_001, 'future'],
    [365 * 86_400_000, 'future'],
    [-60_000, 'accepted'],
    [-60_001, 'too_old'],
    [-NOW_MS, 'too_old'],
  ])('judges a ping taken %d ms from now %s', (fromNowMs, outcome) => {
    expect(new Hygiene().judge({ ...good, capturedAtMs: NOW_MS + fromNowMs }, NOW_MS)).toBe(outcome);
  });

  it('a ping from the future, or a field gone wrong, does not keep its driver’s next ping out', () => {
    const hygiene = new Hygiene();
    const wrongs = [
      { capturedAtMs: NOW_MS + 1e10 },
      { capturedAtMs: 2 ** 48 - 1 },
      { lat: Number.NaN },
      { seq: 2 ** 33 },
    ];
    for (const wrong of wrongs) expect(hygiene.judge({ ...good, ...wrong }, NOW_MS)).not.toBe('accepted');
    expect(hygiene.judge(good, NOW_MS)).toBe('accepted');
  });

  it('agrees with an independent oracle on any row of pings', () => {
    const ping = fc.record({
      driverId: fc.constantFrom('a', 'b', '__proto__'),
      // Few places and few moments, so that repeats, ties and jumps there and back are common.
      lat: fc.constantFrom(37.77, 37.7704, 37.775, 38.5, 91, 0),
      lng: fc.constantFrom(-122.42, -122.4204, 0, 181),
      capturedAtMs: fc.nat({ max: 40 }).map((i) => NOW_MS + (i - 30) * 2_200),
      seq: fc.constantFrom(0, 0, 1, -1),
      accuracyM: fc.constantFrom(undefined, 6, 201),
      speedMps: fc.constantFrom(undefined, 8.5, 113.9952),
    });
    fc.assert(
      fc.property(fc.array(ping, { maxLength: 60 }), (pings) => {
        const hygiene = new Hygiene();
        const oracle = new HygieneOracle();
        for (const sent of pings) expect(hygiene.judge(sent, NOW_MS)).toBe(oracle.judge(sent, NOW_MS));
      }),
      { numRuns: 500 },
    );
  });
});
