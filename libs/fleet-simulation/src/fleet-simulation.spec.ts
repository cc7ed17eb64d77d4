import { distanceM, type LatLng } from '@hexfleet/geodesy';
import { DRIVER_ID_PATTERN, STATUSES, VEHICLE_CLASS_PATTERN } from '@hexfleet/ping';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { SimulatedPing, SimulatedReading } from './car.js';
import { FleetSimulation, type FleetSimulationOptions } from './fleet-simulation.js';

const START_MS = 1_700_000_000_000;
const MINUTE_MS = 60_000;
const END_MS = START_MS + 10 * MINUTE_MS;

function fleet(options: Partial<FleetSimulationOptions> = {}): FleetSimulation {
  return new FleetSimulation({ seed: 1, drivers: 100, intervalMs: 4_000, startMs: START_MS, ...options });
}

function byDriver(pings: readonly SimulatedPing[]): Map<string, SimulatedPing[]> {
  const groups = new Map<string, SimulatedPing[]>();
  for (const ping of pings) {
    const group = groups.get(ping.ping.driverId);
    if (group === undefined) groups.set(ping.ping.driverId, [ping]);
    else group.push(ping);
  }
  return groups;
}

/** What is wrong with a ping, by the API's bounds and the circle of its fleet. */
function faultsOf(ping: SimulatedReading, { center, radiusM }: { center: LatLng; radiusM: number }): string[] {
  const bounds: [string, boolean][] = [
    ['circle', distanceM(center, { latDeg: ping.lat, lngDeg: ping.lng }) <= radiusM],
    ['lng', Math.abs(ping.lng) <= 180],
    ['headingDeg', ping.headingDeg >= 0 && ping.headingDeg < 360],
    ['speedMps', ping.speedMps >= 0 && ping.speedMps < 19],
    ['accuracyM', ping.accuracyM > 0 && ping.accuracyM < 100],
    ['capturedAtMs', Number.isInteger(ping.capturedAtMs)],
    ['driverId', DRIVER_ID_PATTERN.test(ping.driverId)],
    ['vehicleClass', VEHICLE_CLASS_PATTERN.test(ping.vehicleClass)],
    ['status', STATUSES.includes(ping.status)],
  ];
  return bounds.filter(([, holds]) => !holds).map(([field]) => `${field} of ${JSON.stringify(ping)}`);
}

describe('the simulated fleet', () => {
  it('gives the same pings for the same seed, in whatever steps, and others for another', () => {
    const whole = fleet({ meanShiftMs: 300_000 }).step(END_MS);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 20_000 }), { minLength: 40, maxLength: 80 }), (stepsMs) => {
        const simulation = fleet({ meanShiftMs: 300_000 });
        let nowMs = START_MS;
        const pings: SimulatedPing[] = [];
        for (const stepMs of stepsMs) {
          nowMs = Math.min(nowMs + stepMs, END_MS);
          pings.push(...simulation.step(nowMs));
        }
        expect([...pings, ...simulation.pings(END_MS)]).toEqual(whole);
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
        const pings = fleet({ ...options, drivers: 20 }).step(START_MS + 30 * options.intervalMs);
        expect(pings.flatMap(({ ping }) => faultsOf(ping, options))).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  it('moves as a city does: about a third of the cars stand, and the others drive at street speeds', () => {
    const simulation = fleet({ drivers: 200 });
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
    const pings = fleet({ drivers: 150, intervalMs: 1_000 }).step(START_MS + 5 * MINUTE_MS);
    let steady = 0;
    let worstM = 0;
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
        worstM = Math.max(worstM, Math.abs(drivenM - seenM));
      }
    }
    expect(steady).toBeGreaterThan(500);
    expect(worstM).toBeLessThan(45);
  });

  it('follows the order of statuses', () => {
    const simulation = fleet({ drivers: 150 });
    const seen = new Set<string>();
    for (const day of byDriver(simulation.step(START_MS + 40 * MINUTE_MS)).values()) {
      let status = day[0]?.ping.status;
      for (const { ping } of day) {
        if (ping.status !== status) seen.add(`${status} to ${ping.status}`);
        status = ping.status;
      }
    }
    const possible = [
      'available to en_route',
      'en_route to on_trip',
      'idle to available',
      'on_trip to available',
      'on_trip to idle',
    ];
    expect([...seen].toSorted()).toEqual(possible);
  });

  it('changes shifts: drivers go for good and others come, and the fleet keeps its size', () => {
    const simulation = fleet({ drivers: 150, meanShiftMs: 20 * MINUTE_MS });
    const early = new Set(simulation.step(START_MS + MINUTE_MS).map(({ ping }) => ping.driverId));
    simulation.step(START_MS + 60 * MINUTE_MS);
    const latePings = simulation.step(START_MS + 61 * MINUTE_MS);
    const late = new Set(latePings.map(({ ping }) => ping.driverId));
    const stayed = [...late].filter((driverId) => early.has(driverId)).length;
    expect(stayed).toBeLessThan(40);
    // Within the minute a seat may change hands.
    expect(late.size).toBeGreaterThan(110);
    expect(late.size).toBeLessThanOrEqual(170);
  });

  it('gathers riders at hot spots: a tenth of the busiest blocks has far more than a tenth of the trips', () => {
    const starts = new Map<string, number>();
    for (const day of byDriver(fleet({ drivers: 300 }).step(START_MS + 30 * MINUTE_MS)).values()) {
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
    expect(total).toBeGreaterThan(250);
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
