import { describe, expect, it } from '@jest/globals';
import { Silences } from './silences.js';

/** Times in s, `-` before those of pings that are shed; the silence told at each. */
function silencesOf(...pings: string[]): number[] {
  const silences = new Silences();
  return pings.map((ping) => silences.note('d', Math.abs(Number(ping)) * 1_000, ping.startsWith('-')) / 1_000);
}

describe('silence by shedding', () => {
  it('lasts from the last admitted ping to the next one', () => {
    expect(silencesOf('0', '-4', '-8', '12', '16', '-20', '24')).toEqual([0, 4, 8, 12, 0, 4, 8]);
  });

  it('is none where nothing is shed, however seldom a driver pings', () => {
    expect(silencesOf('0', '60', '240', '250')).toEqual([0, 0, 0, 0]);
  });

  it('of a driver that was shed from the start counts from its first ping', () => {
    expect(silencesOf('-1', '-5', '9')).toEqual([0, 4, 8]);
  });

  it('does not span an absence of the driver', () => {
    expect(silencesOf('0', '-60', '-3600', '-3660', '3720')).toEqual([0, 60, 0, 60, 120]);
  });
});
