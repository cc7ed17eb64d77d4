import type { GatewayReply } from '@hexfleet/ping-client';
import type { WirePing } from '@hexfleet/wire';
import { describe, expect, it } from '@jest/globals';
import { ObedientFleet } from './obedient-fleet.js';

const NOW_MS = 1_700_000_000_000;
const INTERVAL_MS = 4_000;
const ANSWER: GatewayReply = {
  kind: 'answered',
  answer: {
    ...{ accepted: 1, coalesced: 0, shed: 0, rejected: 0, unavailable: 0 },
    results: [],
    next: { afterMs: 10_000, minMoveM: 50 },
  },
};

function standing(driverId: string, capturedAtMs: number): WirePing {
  return { driverId, lat: 37.77, lng: -122.42, capturedAtMs, headingDeg: 0, speedMps: 0, status: 'idle' };
}

/** The drivers of a thousand that hold their next ping back once one was accepted. */
function heldBack(share: number): Set<string> {
  const fleet = new ObedientFleet({ share, intervalMs: INTERVAL_MS, maxPhones: 1_000 });
  const drivers = Array.from({ length: 1_000 }, (_, i) => `sim-${i}`);
  for (const driver of drivers) {
    expect(fleet.lets(standing(driver, NOW_MS))).toBe(true);
    fleet.noteReply({ frame: 1, pings: [standing(driver, NOW_MS)], leftAtMs: NOW_MS }, ANSWER);
  }
  const held = drivers.filter((driver) => !fleet.lets(standing(driver, NOW_MS + INTERVAL_MS)));
  expect(fleet.heldBack).toBe(held.length);
  return new Set(held);
}

describe('an obedient fleet', () => {
  it('is the share of the drivers that was asked for, a greater one holding the lesser, the same each time', () => {
    expect(heldBack(0).size).toBe(0);
    expect(heldBack(1).size).toBe(1_000);
    const third = heldBack(0.3);
    expect(third.size).toBeGreaterThan(250);
    expect(third.size).toBeLessThan(350);
    expect(heldBack(0.3)).toEqual(third);
    const most = heldBack(0.8);
    expect([...third].every((driver) => most.has(driver))).toBe(true);
  });

  it('pings again before the hint runs out, with readings as rare as they are', () => {
    const fleet = new ObedientFleet({ share: 1, intervalMs: INTERVAL_MS, maxPhones: 10 });
    fleet.noteReply({ frame: 1, pings: [standing('a', NOW_MS)], leftAtMs: NOW_MS }, ANSWER);
    expect([4_000, 8_000].map((afterMs) => fleet.lets(standing('a', NOW_MS + afterMs)))).toEqual([false, true]);
  });

  it('learns nothing where no answer came, and forgets the longest known at its bound', () => {
    const fleet = new ObedientFleet({ share: 1, intervalMs: INTERVAL_MS, maxPhones: 2 });
    for (const driver of ['a', 'b', 'c']) {
      fleet.noteReply({ frame: 1, pings: [standing(driver, NOW_MS)], leftAtMs: NOW_MS }, ANSWER);
    }
    fleet.noteReply({ frame: 1, pings: [standing('d', NOW_MS)], leftAtMs: NOW_MS }, { kind: 'lost', detail: 'gone' });
    const lets = ['a', 'b', 'c', 'd'].map((driver) => fleet.lets(standing(driver, NOW_MS + INTERVAL_MS)));
    expect(lets).toEqual([true, false, false, true]);
  });
});
