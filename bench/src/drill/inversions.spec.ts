import { describe, expect, it } from '@jest/globals';
import { type DecidedPing, Inversions } from './inversions.js';

const SHED_ON_TRIP: DecidedPing = { partition: 1, rank: 0, errorM: 100, lateness: 0.5, isUrgent: false, isShed: true };
const ADMITTED_IDLE: DecidedPing = { partition: 1, rank: 3, errorM: 50, lateness: 0.5, isUrgent: false, isShed: false };

function inverted(...pings: DecidedPing[]): number {
  const inversions = new Inversions();
  inversions.note(pings);
  return inversions.report().inverted;
}

describe('inversions', () => {
  it('are shed pings beside which one of a lower status and no greater error was admitted', () => {
    expect(inverted(SHED_ON_TRIP, ADMITTED_IDLE)).toBe(1);
    expect(inverted(SHED_ON_TRIP, { ...ADMITTED_IDLE, isShed: true })).toBe(0);
    expect(inverted(SHED_ON_TRIP, { ...ADMITTED_IDLE, errorM: 200 })).toBe(0);
    expect(inverted(SHED_ON_TRIP, { ...ADMITTED_IDLE, partition: 2 })).toBe(0);
    expect(inverted(SHED_ON_TRIP, { ...ADMITTED_IDLE, rank: 0 })).toBe(0);
  });

  it('are judged by lateness where both are urgent, when an error counts for nothing', () => {
    const lateIdle = { ...ADMITTED_IDLE, errorM: 900, isUrgent: true, lateness: 1.3 };
    const lateOnTrip = { ...SHED_ON_TRIP, isUrgent: true };
    expect(inverted(SHED_ON_TRIP, lateIdle)).toBe(0);
    expect(inverted({ ...lateOnTrip, lateness: 1.2 }, { ...ADMITTED_IDLE, errorM: 900 })).toBe(1);
    expect(inverted({ ...lateOnTrip, lateness: 1.2 }, lateIdle)).toBe(0);
    expect(inverted({ ...lateOnTrip, lateness: 1.4 }, lateIdle)).toBe(1);
  });

  it('need an error: a driver of which nothing was admitted yet is none', () => {
    expect(inverted(SHED_ON_TRIP, { ...ADMITTED_IDLE, errorM: Number.NaN })).toBe(0);
    expect(inverted({ ...SHED_ON_TRIP, errorM: Number.NaN }, ADMITTED_IDLE)).toBe(0);
  });
});
