import { destination } from '@hexfleet/geodesy';
import { describe, expect, it } from '@jest/globals';
import { AdmittedFixes } from './admitted-fixes.js';
import { DEFAULT_HYGIENE } from './hygiene-policy.js';
import type { RejectCode } from './outcome.js';
import type { Ping } from './ping.js';

const START = { latDeg: 37.77, lngDeg: -122.42 };
const PING: Ping = {
  driverId: 'd-17',
  ...START,
  capturedAtMs: 1_000_000,
  seq: 0,
  headingDeg: undefined,
  speedMps: undefined,
  accuracyM: undefined,
  status: 'available',
  vehicleClass: 'car',
};

/** A ping `atMs` after the first, `eastM` east of it. */
function at(atMs: number, eastM = 0, more: Partial<Ping> = {}): Ping {
  return { ...PING, ...destination(START, 90, eastM), capturedAtMs: PING.capturedAtMs + atMs, ...more };
}

/** What becomes of pings one after the other. */
function judged(fixes: AdmittedFixes, pings: readonly Ping[], clockOffsetMs = 0): (RejectCode | 'admitted')[] {
  return pings.map((ping) => {
    const code = fixes.judge(ping, clockOffsetMs, DEFAULT_HYGIENE);
    if (code === undefined) fixes.admit(ping, clockOffsetMs);
    return code ?? 'admitted';
  });
}

describe('AdmittedFixes', () => {
  it('calls the same ping again a duplicate, and an older exact repeat out of order', () => {
    expect(judged(new AdmittedFixes(10), [at(0), at(0), at(1_000), at(0)])).toEqual([
      'admitted',
      'duplicate',
      'admitted',
      'out_of_order',
    ]);
  });

  it('orders by time, then by seq, and does not take two fixes of one moment', () => {
    expect(judged(new AdmittedFixes(10), [at(0, 0, { seq: 5 }), at(0, 0, { seq: 4 }), at(0, 20, { seq: 5 })])).toEqual([
      'admitted',
      'out_of_order',
      'out_of_order',
    ]);
    expect(judged(new AdmittedFixes(10), [at(0, 0, { seq: 5 }), at(0, 20, { seq: 6 })])).toEqual([
      'admitted',
      'admitted',
    ]);
  });

  it('compares fixes at the 10⁻⁷ degrees that are kept of them', () => {
    const close = at(0, 0, { latDeg: START.latDeg + 2e-8 });
    const apart = at(0, 0, { latDeg: START.latDeg + 2e-7 });
    expect(judged(new AdmittedFixes(10), [at(0), close, apart])).toEqual(['admitted', 'duplicate', 'out_of_order']);
  });

  it('keeps drivers apart, also those named like properties of objects', () => {
    const drivers = ['__proto__', 'constructor', 'd-1'];
    const pings = drivers.map((driverId) => at(0, 0, { driverId }));
    const fixes = new AdmittedFixes(10);
    expect(judged(fixes, pings)).toEqual(['admitted', 'admitted', 'admitted']);
    expect(judged(fixes, pings)).toEqual(['duplicate', 'duplicate', 'duplicate']);
  });

  it('refuses a fix that is worse than the bound, and says first that it is out of order', () => {
    expect(judged(new AdmittedFixes(10), [at(0, 0, { accuracyM: 200 }), at(1, 0, { accuracyM: 201 })])).toEqual([
      'admitted',
      'inaccurate',
    ]);
    expect(judged(new AdmittedFixes(10), [at(0), at(-1, 0, { accuracyM: 201 })])).toEqual(['admitted', 'out_of_order']);
  });

  describe('jumps', () => {
    it('allows maxSpeedMps × Δt + slackM', () => {
      expect(judged(new AdmittedFixes(10), [at(0), at(1_000, 119)])).toEqual(['admitted', 'admitted']);
      expect(judged(new AdmittedFixes(10), [at(0), at(1_000, 121)])).toEqual(['admitted', 'impossible_jump']);
    });

    it('never lets one wild fix move a driver', () => {
      expect(judged(new AdmittedFixes(10), [at(0), at(4_000, 90_000), at(8_000, 40), at(12_000, 90_000)])).toEqual([
        'admitted',
        'impossible_jump',
        'admitted',
        // The candidate of before was cleared by the ping that agreed with the last admitted one.
        'impossible_jump',
      ]);
    });

    it('believes the second of two that agree, so that nobody is frozen', () => {
      expect(judged(new AdmittedFixes(10), [at(0), at(4_000, 90_000), at(8_000, 90_100), at(12_000, 90_200)])).toEqual([
        'admitted',
        'impossible_jump',
        'admitted',
        'admitted',
      ]);
    });

    it('does not believe a candidate that is only repeated', () => {
      const jump = at(4_000, 90_000);
      expect(judged(new AdmittedFixes(10), [at(0), jump, jump, jump])).toEqual([
        'admitted',
        'impossible_jump',
        'impossible_jump',
        'impossible_jump',
      ]);
    });

    it('takes the newest of several that disagree for the candidate', () => {
      const pings = [at(0), at(4_000, 90_000), at(8_000, 50_000), at(12_000, 50_100)];
      expect(judged(new AdmittedFixes(10), pings)).toEqual([
        'admitted',
        'impossible_jump',
        'impossible_jump',
        'admitted',
      ]);
    });

    it('measures the short way over the antimeridian', () => {
      const west = at(0, 0, { lngDeg: 179.9999, latDeg: 0.5 });
      const east = at(4_000, 0, { lngDeg: -179.9999, latDeg: 0.5 });
      expect(judged(new AdmittedFixes(10), [west, east])).toEqual(['admitted', 'admitted']);
    });
  });

  it('takes an admission back, so that the same ping sent again is no duplicate', () => {
    const fixes = new AdmittedFixes(10);
    judged(fixes, [at(0)]);
    fixes.forget(at(0));
    expect(judged(fixes, [at(0), at(0)])).toEqual(['admitted', 'duplicate']);
  });

  it('takes nothing back that is no longer the last', () => {
    const fixes = new AdmittedFixes(10);
    judged(fixes, [at(0), at(1_000)]);
    fixes.forget(at(0));
    fixes.forget(at(0, 0, { driverId: 'never seen' }));
    expect(judged(fixes, [at(1_000), at(500)])).toEqual(['duplicate', 'out_of_order']);
  });

  it('starts a driver anew when its clock’s offset changes', () => {
    const fixes = new AdmittedFixes(10);
    expect(judged(fixes, [at(60_000)], 0)).toEqual(['admitted']);
    expect(judged(fixes, [at(30_000, 90_000), at(31_000, 90_000), at(31_000, 90_000)], -30_000)).toEqual([
      'admitted',
      'admitted',
      'duplicate',
    ]);
  });

  it('remembers at most its capacity', () => {
    const fixes = new AdmittedFixes(100);
    for (let i = 0; i < 1_000; i++) judged(fixes, [at(0, 0, { driverId: `d-${i}` })]);
    expect(fixes.size).toBeLessThanOrEqual(100);
    expect(judged(fixes, [at(0, 0, { driverId: 'd-999' })])).toEqual(['duplicate']);
    expect(judged(fixes, [at(0, 0, { driverId: 'd-1' })])).toEqual(['admitted']);
  });
});
