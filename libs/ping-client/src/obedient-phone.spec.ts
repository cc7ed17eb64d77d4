import { destination } from '@hexfleet/geodesy';
import type { PingAnswer, PingResult, WirePing } from '@hexfleet/wire';
import { describe, expect, it } from '@jest/globals';
import { ObedientPhone } from './obedient-phone.js';

const START_MS = 1_700_000_000_000;
const FIX = { latDeg: 37.77, lngDeg: -122.42 };
/** Eastward at 10 m/s. */
const DRIVING = { headingDeg: 90, speedMps: 10 };

/** A car that was at the fix at the start and has come `metres` east since, whatever it says of its speed. */
function reading(afterMs: number, metres: number, fields: Partial<WirePing> = {}): WirePing {
  const { latDeg: lat, lngDeg: lng } = destination(FIX, 90, metres);
  return { lat, lng, capturedAtMs: START_MS + afterMs, status: 'available', ...DRIVING, ...fields };
}

function answer(next = { afterMs: 20_000, minMoveM: 50 }, outcome?: PingResult['outcome']): PingAnswer {
  const results = outcome === undefined ? [] : [{ index: 0, outcome }];
  const counts = { accepted: 0, coalesced: 0, shed: 0, rejected: 0, unavailable: 0 };
  return { ...counts, [outcome ?? 'accepted']: 1, results, next };
}

/** A phone whose ping at the start was accepted. */
function accepted(next?: PingAnswer['next'], fields: Partial<WirePing> = {}): ObedientPhone {
  const phone = new ObedientPhone();
  phone.answered(reading(0, 0, fields), answer(next));
  return phone;
}

describe('an obedient phone', () => {
  it('pings until it was answered', () => {
    const phone = new ObedientPhone();
    expect(phone.isDue(reading(0, 0))).toBe(true);
    expect(phone.isDue(reading(1_000, 0))).toBe(true);
  });

  it('is silent while it goes on as it said, and pings once it is elsewhere', () => {
    const phone = accepted();
    expect(phone.isDue(reading(4_000, 40))).toBe(false);
    expect(phone.isDue(reading(4_000, 89.9))).toBe(false);
    expect(phone.isDue(reading(4_000, 90.1))).toBe(true);
    // It has stopped at once, and is believed to drive on.
    expect(phone.isDue(reading(4_900, 0))).toBe(false);
    expect(phone.isDue(reading(5_100, 0))).toBe(true);
  });

  it('is believed to stop after 30 s', () => {
    const phone = accepted({ afterMs: 60_000, minMoveM: 50 });
    expect(phone.isDue(reading(34_900, 349))).toBe(false);
    expect(phone.isDue(reading(35_100, 351))).toBe(true);
  });

  it('is believed where it was when it tells no speed', () => {
    const phone = accepted(undefined, { speedMps: undefined });
    expect(phone.isDue(reading(4_000, 49))).toBe(false);
    expect(phone.isDue(reading(4_000, 51))).toBe(true);
  });

  it('pings after so long at the latest, sooner where its next reading would be too late', () => {
    const phone = accepted();
    expect(phone.isDue(reading(19_999, 199.99))).toBe(false);
    expect(phone.isDue(reading(20_000, 200))).toBe(true);
    expect(phone.isDue(reading(16_000, 160), START_MS + 20_000)).toBe(false);
    expect(phone.isDue(reading(17_000, 170), START_MS + 21_000)).toBe(true);
  });

  it('pings at once when its status changes', () => {
    expect(accepted().isDue(reading(1_000, 10, { status: 'en_route' }))).toBe(true);
  });

  it('measures from the last accepted ping, and counts time from the last that was answered', () => {
    for (const outcome of ['shed', 'rejected', 'coalesced'] as const) {
      const phone = accepted();
      phone.answered(reading(10_000, 160), answer({ afterMs: 15_000, minMoveM: 70 }, outcome));
      expect(phone.isDue(reading(11_000, 179))).toBe(false);
      expect(phone.isDue(reading(11_000, 181))).toBe(true);
      expect(phone.isDue(reading(24_900, 249))).toBe(false);
      expect(phone.isDue(reading(25_000, 250))).toBe(true);
    }
  });

  it('learns nothing from an answer that does not know, nor from one that was overtaken', () => {
    const phone = accepted();
    phone.answered(reading(10_000, 160), answer({ afterMs: 100_000, minMoveM: 5_000 }, 'unavailable'));
    phone.answered(reading(-1_000, 0), answer({ afterMs: 100_000, minMoveM: 5_000 }));
    expect(phone.isDue(reading(4_000, 40))).toBe(false);
    expect(phone.isDue(reading(4_000, 91))).toBe(true);
    expect(phone.isDue(reading(20_000, 200))).toBe(true);
  });
});
