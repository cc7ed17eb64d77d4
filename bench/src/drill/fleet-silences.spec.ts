import { DEFAULT_POLICY } from '@hexfleet/shed-policy';
import { describe, expect, it } from '@jest/globals';
import { FleetSilences } from './fleet-silences.js';

const SECOND_MS = 1_000;

describe('silences', () => {
  it('last from the last admitted ping up to each ping since', () => {
    const silences = new FleetSilences(DEFAULT_POLICY.maxSilenceMs);
    silences.note('d', 0, 'available', false);
    silences.note('d', 10 * SECOND_MS, 'available', true);
    silences.note('d', 20 * SECOND_MS, 'available', false);
    silences.note('d', 24 * SECOND_MS, 'available', true);
    expect(silences.report().available).toEqual({ pings: 4, longestMs: 20 * SECOND_MS, beyondBound: 1 });
    expect(silences.report().available.pings).toBe(0);
  });

  it('count for the lowest status in them', () => {
    const silences = new FleetSilences(DEFAULT_POLICY.maxSilenceMs);
    silences.note('d', 0, 'idle', false);
    silences.note('d', 10 * SECOND_MS, 'idle', true);
    silences.note('d', 20 * SECOND_MS, 'available', false);
    silences.note('d', 30 * SECOND_MS, 'available', true);
    const { idle, available } = silences.report();
    expect([idle.longestMs, available.longestMs]).toEqual([20 * SECOND_MS, 10 * SECOND_MS]);
  });

  it('tell how late a driver would be by its next ping', () => {
    const silences = new FleetSilences(DEFAULT_POLICY.maxSilenceMs);
    expect(silences.urgencyOf('d', 0, 'on_trip').isUrgent).toBe(false);
    silences.note('d', 0, 'on_trip', false);
    expect(silences.urgencyOf('d', 2 * SECOND_MS, 'on_trip')).toEqual({ rank: 0, lateness: 4 / 5, isUrgent: false });
    expect(silences.urgencyOf('d', 4 * SECOND_MS, 'on_trip')).toEqual({ rank: 0, lateness: 8 / 5, isUrgent: true });
  });

  it('make a change of status urgent, and let the higher one count', () => {
    const silences = new FleetSilences(DEFAULT_POLICY.maxSilenceMs);
    silences.note('d', 0, 'on_trip', false);
    expect(silences.urgencyOf('d', 2 * SECOND_MS, 'idle')).toEqual({ rank: 0, lateness: 1, isUrgent: true });
  });
});
