import { destination } from '@hexfleet/geodesy';
import { STATUSES } from '@hexfleet/ping';
import { DEFAULT_POLICY, type ShedPolicy } from '@hexfleet/shed-policy';
import type { TraceRow } from '@hexfleet/trace';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ShedTrial, type TrialSetting } from './shed-trial.js';
import { tryPolicy } from './try-policy.js';

const START_MS = 1_700_000_000_000;

function rowAt(
  driverId: string,
  atMs: number,
  place: { latDeg: number; lngDeg: number },
  more: Partial<TraceRow> = {},
): TraceRow {
  const blank = {
    speedMps: undefined,
    headingDeg: undefined,
    accuracyM: undefined,
    status: undefined,
    vehicleClass: undefined,
  };
  return { driverId, tsMs: START_MS + atMs, ...blank, ...place, ...more };
}

/** Cars that drive straight on at their own speed, and say so, but for those that keep it to themselves. */
function straightOn(cars: number, pings: number, { tellsMotion = true, intervalMs = 2_000 } = {}): TraceRow[] {
  const rows: TraceRow[] = [];
  for (let ping = 0; ping < pings; ping++) {
    for (let car = 0; car < cars; car++) {
      const speedMps = 3 + (car % 11);
      const headingDeg = (car * 37) % 360;
      const start = { latDeg: 37.7 + car / 5_000, lngDeg: -122.4 };
      const place = destination(start, headingDeg, (speedMps * ping * intervalMs) / 1_000);
      const status = STATUSES[car % STATUSES.length];
      rows.push(
        rowAt(`c-${car}`, ping * intervalMs + car, place, { status, ...(tellsMotion && { speedMps, headingDeg }) }),
      );
    }
  }
  return rows;
}

function setting(change: Partial<ShedPolicy>, more: Partial<TrialSetting> = {}): TrialSetting {
  return { policy: { ...DEFAULT_POLICY, ...change }, share: 0.4, ...more };
}

describe('trying a policy', () => {
  it('sheds nothing, errs nowhere and keeps nobody silent with mode off', () => {
    const report = tryPolicy(straightOn(20, 30), setting({ mode: 'off' }));
    expect(report.all).toMatchObject({ pings: 600, shed: 0, unknown: 0, longestSilenceMs: 0 });
    expect(report.all.error).toEqual({ meanM: 0, p50M: 0, p95M: 0, p99M: 0 });
  });

  it('counts each status for itself, and all together', () => {
    const { all, byStatus } = tryPolicy(straightOn(40, 60), setting({ mode: 'fixed', fixedLevel: 0.5 }));
    const sum = (key: 'pings' | 'shed' | 'unknown') =>
      STATUSES.reduce((total, status) => total + byStatus[status][key], 0);
    for (const key of ['pings', 'shed', 'unknown'] as const) expect(sum(key)).toBe(all[key]);
    expect(all.shed / all.pings).toBeCloseTo(0.5, 1);
    expect(all.longestSilenceMs).toBe(Math.max(...STATUSES.map((status) => byStatus[status].longestSilenceMs)));
    expect(byStatus.on_trip.shed).toBeLessThanOrEqual(byStatus.idle.shed);
  });

  it('finds no error where cars drive on as they said', () => {
    const told = tryPolicy(straightOn(40, 60), setting({})).all;
    expect(told.shed).toBeGreaterThan(500);
    expect(told.error.p99M).toBeLessThan(1);
    const worked = tryPolicy(straightOn(40, 60, { tellsMotion: false }), setting({})).all;
    expect(worked.error.p95M).toBeLessThan(5);
  });

  it('tells the same of a policy and of its shadow', () => {
    const rows = straightOn(40, 60);
    fc.assert(
      fc.property(
        fc.constantFrom<ShedPolicy['mode']>('adaptive', 'fixed'),
        fc.double({ min: 0.05, max: 0.95, noNaN: true }),
        (mode, level) => {
          const plain = setting({ mode, fixedLevel: level }, { share: 1 - level });
          const shadow = { ...plain, policy: { ...plain.policy, shadow: true } };
          expect(tryPolicy(rows, shadow)).toEqual(tryPolicy(rows, plain));
        },
      ),
      { numRuns: 6 },
    );
  });

  it('refuses what a gateway would refuse, and says for what', () => {
    const place = { latDeg: 37.7, lngDeg: -122.4 };
    const report = tryPolicy(
      [
        rowAt('a', 100_000, place),
        rowAt('a', 100_000, place),
        rowAt('a', 104_000, { latDeg: 0, lngDeg: 0 }),
        rowAt('a', 108_000, { latDeg: 38.7, lngDeg: -122.4 }),
        rowAt('a', 112_000, place, { status: 'asleep' }),
        rowAt('b', 20_000, place),
      ],
      setting({ mode: 'off' }),
    );
    expect(report.rows).toBe(6);
    expect(report.rejected).toEqual({ duplicate: 1, bad_coordinates: 1, impossible_jump: 1, bad_field: 1, too_old: 1 });
    expect(report.byStatus.available.pings).toBe(1);
  });

  it('tries each partition at the share, and leaves out none', () => {
    const partitionOf = (latDeg: number) => Math.floor(latDeg * 1_000) % 4;
    const { all } = tryPolicy(straightOn(200, 60), setting({}, { share: 0.5, partitions: 4, partitionOf }));
    expect((all.pings - all.shed) / all.pings).toBeCloseTo(0.5, 1);
  });

  it('takes a driver that readers know nothing of for unknown, and for no error', () => {
    const trial = new ShedTrial(setting({ mode: 'fixed', fixedLevel: 1 }));
    const ping = { driverId: 'a', latDeg: 1, lngDeg: 1, capturedAtMs: START_MS, seq: 1, vehicleClass: 'car' };
    const unknown = { headingDeg: undefined, speedMps: undefined, accuracyM: undefined, status: 'idle' as const };
    expect(trial.take({ ...ping, ...unknown })).toBe(false);
    expect(trial.report().all).toMatchObject({ pings: 1, shed: 1, unknown: 1 });
    expect(trial.report().all.error.meanM).toBeNaN();
  });
});
