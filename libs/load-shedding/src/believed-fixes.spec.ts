import { carriedForward, destination, distanceM, type LatLng, wrapLngDeg } from '@hexfleet/geodesy';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { BelievedFixes, type SeenFix } from './believed-fixes.js';

const START_MS = 1_700_000_000_000;

function fixAt(place: LatLng, atMs: number, motion: { headingDeg?: number; speedMps?: number } = {}): SeenFix {
  return {
    driverId: 'd',
    ...place,
    capturedAtMs: START_MS + atMs,
    headingDeg: undefined,
    speedMps: undefined,
    ...motion,
  };
}

/** A fix comes in, and is remembered. */
function see(believed: BelievedFixes, fix: SeenFix, newcomerSilenceMs: number): void {
  believed.look(fix, newcomerSilenceMs);
  believed.remember(fix);
}

/** Sees a fix and admits it. */
function admit(believed: BelievedFixes, fix: SeenFix): void {
  see(believed, fix, 0);
  believed.admit(fix, 2);
}

describe('the error of what readers believe', () => {
  const anyway = fc.record({
    latDeg: fc.double({ min: -85, max: 85, noNaN: true }),
    lngDeg: fc.double({ min: -180, max: 180, maxExcluded: true, noNaN: true }),
    headingDeg: fc.double({ min: 0, max: 359.9, noNaN: true }),
    speedMps: fc.oneof(fc.double({ min: 0.5, max: 60, noNaN: true }), fc.constant(0)),
    elapsedMs: fc.nat(120_000),
    wayM: fc.double({ min: 0, max: 50_000, noNaN: true }),
    bearingDeg: fc.double({ min: 0, max: 359.9, noNaN: true }),
  });

  it('is that of dead reckoning on the sphere, to half a per cent and a metre', () => {
    fc.assert(
      fc.property(anyway, ({ latDeg, lngDeg, headingDeg, speedMps, elapsedMs, wayM, bearingDeg }) => {
        const from = { latDeg, lngDeg };
        const to = destination(from, bearingDeg, wayM);
        const believed = new BelievedFixes(10);
        admit(believed, fixAt(from, 0, { headingDeg, speedMps }));
        see(believed, fixAt(to, elapsedMs), 0);
        const exactM = distanceM(to, carriedForward(from, { headingDeg, speedMps }, elapsedMs));
        const lengthM = wayM + speedMps * 30;
        expect(Math.abs(believed.errorM - exactM)).toBeLessThanOrEqual(1 + 0.005 * Math.max(exactM, lengthM));
      }),
    );
  });

  it('is measured the short way round the antimeridian', () => {
    const from = { latDeg: 10, lngDeg: 179.999 };
    const to = { latDeg: 10, lngDeg: wrapLngDeg(180.001) };
    for (const [one, other] of [
      [from, to],
      [to, from],
    ] as const) {
      const believed = new BelievedFixes(10);
      admit(believed, fixAt(one, 0));
      see(believed, fixAt(other, 4_000), 0);
      expect(believed.errorM).toBeCloseTo(distanceM(one, other), 0);
    }
  });

  it('is unknown of a driver of which nothing was admitted, however often it was seen', () => {
    const believed = new BelievedFixes(10);
    for (let atMs = 0; atMs < 20_000; atMs += 4_000) {
      see(believed, fixAt({ latDeg: 1, lngDeg: 1 }, atMs), 3_000);
      expect(believed.errorM).toBeNaN();
      expect(believed.silenceMs).toBe(3_000 + atMs);
    }
  });

  it('carries no faster than any reading is believed', () => {
    const from = { latDeg: 1, lngDeg: 1 };
    const motion = { headingDeg: 90, speedMps: 300 };
    const believed = new BelievedFixes(10);
    admit(believed, fixAt(from, 0, motion));
    see(believed, fixAt(from, 30_000, motion), 0);
    expect(believed.errorM).toBeCloseTo(distanceM(from, carriedForward(from, motion, 30_000)), -1);
  });
});

describe('the silence of a driver', () => {
  it('counts from its last admitted ping, and as it will be at the next', () => {
    const believed = new BelievedFixes(10);
    const place = { latDeg: 1, lngDeg: 1 };
    admit(believed, fixAt(place, 0));
    see(believed, fixAt(place, 4_000), 0);
    expect([believed.silenceMs, believed.silenceAtNextMs]).toEqual([4_000, 8_000]);
    see(believed, fixAt(place, 10_000), 0);
    expect([believed.silenceMs, believed.silenceAtNextMs]).toEqual([10_000, 16_000]);
  });

  it('does not take a long absence for a habit', () => {
    const believed = new BelievedFixes(10);
    admit(believed, fixAt({ latDeg: 1, lngDeg: 1 }, 0));
    see(believed, fixAt({ latDeg: 1, lngDeg: 1 }, 3_600_000), 0);
    expect(believed.silenceAtNextMs).toBe(3_660_000);
  });
});

describe('heading and speed that the phone does not give', () => {
  const from = { latDeg: 48, lngDeg: 11 };

  it('are those of the way from the last fix, admitted or not', () => {
    const believed = new BelievedFixes(10);
    see(believed, fixAt(from, 0), 0);
    see(believed, fixAt(destination(from, 135, 80), 10_000), 0);
    expect(believed.inferredHeadingDeg).toBeCloseTo(135, 0);
    expect(believed.inferredSpeedMps).toBeCloseTo(8, 1);
  });

  /** Sees a fix, and another one some way and time on; gives heading and speed inferred for the second. */
  function inferred(wayM: number, atMs: number, motion: { headingDeg?: number; speedMps?: number } = {}) {
    const believed = new BelievedFixes(10);
    see(believed, fixAt(from, 0), 0);
    const fix = fixAt(destination(from, 135, wayM), atMs, motion);
    see(believed, fix, 0);
    return { believed, fix, told: [Math.round(believed.inferredHeadingDeg), Math.round(believed.inferredSpeedMps)] };
  }

  it('are taken for one where the phone gives the other, whose reading is left as it is', () => {
    expect(inferred(80, 10_000, { speedMps: 5 }).told).toEqual([135, Number.NaN]);
    expect(inferred(80, 10_000, { headingDeg: 90 }).told).toEqual([Number.NaN, 8]);
    expect(inferred(80, 10_000, { headingDeg: 90, speedMps: 5 }).told).toEqual([Number.NaN, Number.NaN]);
  });

  it('carry together with what the phone reads: its own speed along the way, or its own heading as fast as the way', () => {
    for (const [reading, motion] of [
      [{ speedMps: 5 }, { headingDeg: 135, speedMps: 5 }],
      [{ headingDeg: 90 }, { headingDeg: 90, speedMps: 8 }],
    ] as const) {
      const { believed, fix } = inferred(80, 10_000, reading);
      believed.admit(fix, 2);
      see(believed, fixAt(carriedForward(fix, motion, 10_000), 20_000, motion), 0);
      expect(believed.errorM).toBeLessThan(1);
    }
  });

  it('do not send a vehicle anywhere that has not moved, whatever its speedometer says', () => {
    expect(inferred(11, 10_000).told).toEqual([Number.NaN, 0]);
    expect(inferred(11, 10_000, { headingDeg: 90 }).told).toEqual([Number.NaN, 0]);
    const { believed, fix, told } = inferred(0, 10_000, { speedMps: 12 });
    expect(told).toEqual([Number.NaN, Number.NaN]);
    believed.admit(fix, 2);
    see(believed, fixAt(from, 20_000), 0);
    expect(believed.errorM).toBe(0);
  });

  it('are inferred where three seconds to five minutes lie between, and left open for a fix that is no newer', () => {
    for (const atMs of [300_001, 2_999, 0, -1_000]) expect(inferred(80, atMs).told).toEqual([Number.NaN, Number.NaN]);
    expect(inferred(80, 3_000).told).toEqual([135, 27]);
    expect(inferred(2_400, 300_000).told).toEqual([135, 8]);
  });

  it('are those of the way since three seconds ago or more, of a phone that pings each second', () => {
    const believed = new BelievedFixes(10);
    const told = Array.from({ length: 8 }, (_, second) => {
      see(believed, fixAt(destination(from, 135, 8 * second), 1_000 * second), 0);
      return [Math.round(believed.inferredHeadingDeg), Math.round(believed.inferredSpeedMps)];
    });
    const open = [Number.NaN, Number.NaN];
    expect(told).toEqual([open, open, open, [135, 8], open, open, [135, 8], open]);
  });

  it('are no faster than any reading is believed', () => {
    expect(inferred(5_000, 10_000).told).toEqual([135, 70]);
  });
});

describe('the memory of drivers', () => {
  it('is bounded, and keeps those seen last', () => {
    const believed = new BelievedFixes(100);
    for (let driver = 0; driver < 10_000; driver++) {
      const fix = { ...fixAt({ latDeg: 1, lngDeg: 1 }, driver), driverId: `d-${driver}` };
      admit(believed, fix);
      expect(believed.size).toBeLessThanOrEqual(100);
    }
    for (let driver = 9_950; driver < 10_000; driver++) {
      see(believed, { ...fixAt({ latDeg: 1, lngDeg: 1 }, 20_000), driverId: `d-${driver}` }, 0);
      expect(believed.errorM).toBe(0);
    }
  });

  it('looks without remembering, and forgets what did not get through', () => {
    const believed = new BelievedFixes(10);
    believed.look(fixAt({ latDeg: 1, lngDeg: 1 }, 0), 0);
    expect(believed.size).toBe(0);
    admit(believed, fixAt({ latDeg: 1, lngDeg: 1 }, 0));
    believed.forget({ driverId: 'd', capturedAtMs: START_MS });
    see(believed, fixAt({ latDeg: 1, lngDeg: 1 }, 4_000), 0);
    expect(believed.errorM).toBeNaN();
    // Nobody knows how long it was silent: it is due.
    expect(believed.silenceMs).toBe(64_000);
  });

  it('forgets no driver for a ping that was not its last', () => {
    const believed = new BelievedFixes(10);
    const place = { latDeg: 1, lngDeg: 1 };
    admit(believed, fixAt(place, 0));
    admit(believed, fixAt(place, 4_000));
    believed.forget({ driverId: 'd', capturedAtMs: START_MS });
    believed.forget({ driverId: 'another', capturedAtMs: START_MS });
    see(believed, fixAt(place, 8_000), 0);
    expect([believed.errorM, believed.silenceMs]).toEqual([0, 4_000]);
  });

  it('tells whether a ping is newer than what was seen of its driver', () => {
    const believed = new BelievedFixes(10);
    const isNewest = [0, 4_000, 4_000, 3_000, 5_000].map((atMs) => {
      see(believed, fixAt({ latDeg: 1, lngDeg: 1 }, atMs), 0);
      return believed.isNewest;
    });
    expect(isNewest).toEqual([false, true, false, false, true]);
  });
});
