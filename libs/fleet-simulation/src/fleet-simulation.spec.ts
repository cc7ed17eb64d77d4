import { distanceM } from '@hexfleet/geodesy';
import { DRIVER_ID_PATTERN, STATUSES, VEHICLE_CLASS_PATTERN } from '@hexfleet/ping';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { SimulatedPing } from './car.js';
import { FleetSimulation, type FleetSimulationOptions } from './fleet-simulation.js';

const START_MS = 1_700_000_000_000;
const MINUTE_MS = 60_000;

function fleet(options: Partial<FleetSimulationOptions> = {}): FleetSimulation {
  return new FleetSimulation({ seed: 1, drivers: 100, intervalMs: 4_000, startMs: START_MS, ...options });
}

function byDriver(pings: readonly SimulatedPing[]): Map<string, SimulatedPing[]> {
  const groups = new Map<string, SimulatedPing[]>();
  for (const ping of pings) groups.set(ping.ping.driverId, [...(groups.get(ping.ping.driverId) ?? []), ping]);
  return groups;
}

describe('the simulated fleet', () => {
  it('gives the same pings for the same seed, in whatever steps, and others for another', () => {
    const whole = fleet({ meanShiftMs: 300_000 }).step(START_MS + 10 * MINUTE_MS);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 20_000 }), { minLength: 40, maxLength: 80 }), (stepsMs) => {
        const simulation = fleet({ meanShiftMs: 300_000 });
        let nowMs = START_MS;
        const pings = stepsMs.flatMap((stepMs) => simulation.step((nowMs += stepMs)));
        const rest = Math.max(nowMs, START_MS + 10 * MINUTE_MS);
        expect([...pings, ...simulation.pings(rest)].slice(0, whole.length)).toEqual(
          whole.slice(0, pings.length + 1e9),
        );
      }),
      { numRuns: 5 },
    );
    expect(fleet({ seed: 2 }).step(START_MS + MINUTE_MS)).not.toEqual(fleet().step(START_MS + MINUTE_MS));
  });

  it('spreads its pings evenly over the interval, each driver once an interval, in the order of time', () => {
    const pings = fleet({ drivers: 1_000 }).step(START_MS + 8_000);
    expect(pings).toHaveLength(2_000);
    for (let quarter = 0; quarter < 8; quarter++) {
      const from = START_MS + quarter * 1_000;
      expect(pings.filter(({ atMs }) => atMs > from && atMs <= from + 1_000)).toHaveLength(250);
    }
    expect(pings.map(({ atMs }) => atMs)).toEqual(pings.map(({ atMs }) => atMs).toSorted((a, b) => a - b));
    for (const [first, second, ...more] of byDriver(pings).values()) {
      expect(more).toEqual([]);
      expect((second?.ping.capturedAtMs ?? 0) - (first?.ping.capturedAtMs ?? 0)).toBe(4_000);
      expect((second?.ping.seq ?? 0) - (first?.ping.seq ?? 0)).toBe(1);
    }
  });

  it('stays in its circle, wherever that lies, and gives no figure that the API would refuse', () => {
    const anyFleet = fc.record({
      seed: fc.integer(),
      radiusM: fc.integer({ min: 600, max: 50_000 }),
      intervalMs: fc.integer({ min: 200, max: 60_000 }),
      center: fc.record({
        latDeg: fc.double({ min: -70, max: 70, noNaN: true }),
        lngDeg: fc.oneof(fc.double({ min: -180, max: 180, noNaN: true }), fc.constantFrom(179.999, -180, 180)),
      }),
    });
    fc.assert(
      fc.property(anyFleet, (options) => {
        for (const { ping } of fleet({ ...options, drivers: 20 }).step(START_MS + 30 * options.intervalMs)) {
          const fix = { latDeg: ping.lat, lngDeg: ping.lng };
          expect(distanceM(options.center, fix)).toBeLessThanOrEqual(options.radiusM);
          expect(Math.abs(ping.lng)).toBeLessThanOrEqual(180);
          expect(ping.headingDeg).toBeGreaterThanOrEqual(0);
          expect(ping.headingDeg).toBeLessThan(360);
          expect(ping.speedMps).toBeGreaterThanOrEqual(0);
          expect(ping.speedMps).toBeLessThan(19);
          expect(ping.accuracyM).toBeGreaterThan(0);
          expect(ping.accuracyM).toBeLessThan(100);
          expect(Number.isInteger(ping.capturedAtMs)).toBe(true);
          expect(ping.driverId).toMatch(DRIVER_ID_PATTERN);
          expect(ping.vehicleClass).toMatch(VEHICLE_CLASS_PATTERN);
          expect(STATUSES).toContain(ping.status);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('moves as a city does: about a third of the cars stand, and the others drive at street speeds', () => {
    const simulation = fleet({ drivers: 500 });
    simulation.step(START_MS + 10 * MINUTE_MS);
    const pings = simulation.step(START_MS + 20 * MINUTE_MS);
    const moving = pings.filter(({ ping }) => ping.speedMps > 0.5);
    expect(moving.length / pings.length).toBeGreaterThan(0.5);
    expect(moving.length / pings.length).toBeLessThan(0.85);
    const meanMps = moving.reduce((sum, { ping }) => sum + ping.speedMps, 0) / moving.length;
    expect(meanMps).toBeGreaterThan(6);
    expect(meanMps).toBeLessThan(14);
  });

  it('reports headings and speeds that agree with the way driven', () => {
    const pings = fleet({ drivers: 200, intervalMs: 1_000 }).step(START_MS + 5 * MINUTE_MS);
    let steady = 0;
    for (const drive of byDriver(pings).values()) {
      for (let at = 10; at < drive.length; at += 10) {
        const [from, to] = [drive[at - 10]?.ping, drive[at]?.ping];
        if (from === undefined || to === undefined || Math.abs(from.headingDeg - to.headingDeg) > 9) continue;
        const between = drive.slice(at - 9, at + 1);
        if (between.some(({ ping }) => ping.accuracyM > 12 || Math.abs(ping.headingDeg - from.headingDeg) > 9))
          continue;
        steady++;
        const drivenM = between.reduce((sum, { ping }) => sum + ping.speedMps, 0);
        const seenM = distanceM({ latDeg: from.lat, lngDeg: from.lng }, { latDeg: to.lat, lngDeg: to.lng });
        expect(Math.abs(drivenM - seenM)).toBeLessThan(45);
      }
    }
    expect(steady).toBeGreaterThan(1_000);
  });

  it('follows the order of statuses', () => {
    const simulation = fleet({ drivers: 300 });
    const next = {
      idle: ['available'],
      available: ['en_route'],
      en_route: ['on_trip'],
      on_trip: ['available', 'idle'],
    };
    const seen = new Set<string>();
    for (const day of byDriver(simulation.step(START_MS + 40 * MINUTE_MS)).values()) {
      for (let at = 1; at < day.length; at++) {
        const [from, to] = [day[at - 1]?.ping.status ?? 'idle', day[at]?.ping.status ?? 'idle'];
        if (from === to) continue;
        expect(next[from]).toContain(to);
        seen.add(`${from}>${to}`);
      }
    }
    expect(seen.size).toBe(5);
  });

  it('changes shifts: drivers go for good and others come, and the fleet keeps its size', () => {
    const simulation = fleet({ drivers: 400, meanShiftMs: 20 * MINUTE_MS });
    const early = new Set(simulation.step(START_MS + MINUTE_MS).map(({ ping }) => ping.driverId));
    simulation.step(START_MS + 60 * MINUTE_MS);
    const latePings = simulation.step(START_MS + 61 * MINUTE_MS);
    const late = new Set(latePings.map(({ ping }) => ping.driverId));
    const stayed = [...late].filter((driverId) => early.has(driverId)).length;
    expect(stayed).toBeLessThan(100);
    expect(late.size).toBeGreaterThan(300);
    expect(late.size).toBeLessThanOrEqual(401 + 40);
  });

  it('gathers riders at hot spots: a tenth of the busiest blocks has far more than a tenth of the trips', () => {
    const starts = new Map<string, number>();
    for (const day of byDriver(fleet({ drivers: 600 }).step(START_MS + 30 * MINUTE_MS)).values()) {
      for (let at = 1; at < day.length; at++) {
        const [from, to] = [day[at - 1]?.ping, day[at]?.ping];
        if (from?.status !== 'en_route' || to?.status !== 'on_trip') continue;
        const cell = `${Math.floor(to.lat / 0.005)},${Math.floor(to.lng / 0.005)}`;
        starts.set(cell, (starts.get(cell) ?? 0) + 1);
      }
    }
    const counts = [...starts.values()].toSorted((a, b) => b - a);
    const total = counts.reduce((sum, count) => sum + count, 0);
    const top = counts.slice(0, 10).reduce((sum, count) => sum + count, 0);
    expect(total).toBeGreaterThan(500);
    expect(top / total).toBeGreaterThan(0.15);
    expect(top / total).toBeLessThan(0.5);
  });

  it('leaves out what a held-up sender could not send, and drives on', () => {
    const simulation = fleet();
    simulation.step(START_MS + MINUTE_MS);
    simulation.skipTo(START_MS + 5 * MINUTE_MS);
    const pings = simulation.step(START_MS + 5 * MINUTE_MS + 4_000);
    expect(pings.length).toBeGreaterThan(90);
    expect(pings.length).toBeLessThanOrEqual(100);
    expect(pings[0]?.atMs).toBeGreaterThan(START_MS + 5 * MINUTE_MS);
  });

  it('refuses settings that make no fleet', () => {
    expect(() => fleet({ drivers: 0 })).toThrow(RangeError);
    expect(() => fleet({ intervalMs: 0 })).toThrow(RangeError);
    expect(() => fleet({ radiusM: 100 })).toThrow(RangeError);
    expect(() => fleet({ center: { latDeg: 89, lngDeg: 0 } })).toThrow(RangeError);
  });
});
