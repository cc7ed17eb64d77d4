import { describe, expect, it } from '@jest/globals';
import { DensityMemory } from './index.js';

const center = { latDeg: 37.77, lngDeg: -122.42 };
const asked = { center, limit: 10, radiusM: 5_000, filter: 'available' };
const answerWithin = (count: number, reachM: number) =>
  Array.from({ length: count }, (_, i) => ({ distanceM: (reachM * (i + 1)) / count }));

describe('DensityMemory', () => {
  it('comes to ask a little wider than where the last one was found', () => {
    const memory = new DensityMemory();
    for (let i = 0; i < 20; i++) memory.learn(asked, answerWithin(10, 200));
    expect(memory.startRadiusM(asked)).toBeGreaterThan(200);
    expect(memory.startRadiusM(asked)).toBeLessThan(400);
    expect(memory.startRadiusM({ ...asked, limit: 40 })).toBeGreaterThan(400);
  });

  it('widens where there are few or none, and narrows again', () => {
    const memory = new DensityMemory();
    for (let i = 0; i < 20; i++) memory.learn(asked, []);
    expect(memory.startRadiusM(asked)).toBeGreaterThan(5_000);
    for (let i = 0; i < 20; i++) memory.learn(asked, answerWithin(10, 50));
    expect(memory.startRadiusM(asked)).toBeLessThan(150);
  });

  it('keeps places and filters apart', () => {
    const memory = new DensityMemory();
    const untouched = memory.startRadiusM(asked);
    for (let i = 0; i < 20; i++) {
      memory.learn({ ...asked, filter: 'available bike' }, []);
      memory.learn({ ...asked, center: { latDeg: 37.9, lngDeg: -122.42 } }, []);
    }
    expect(memory.startRadiusM(asked)).toBe(untouched);
  });

  it('guesses a radius that can be asked for, whatever it learnt', () => {
    const memory = new DensityMemory();
    for (let i = 0; i < 20; i++) memory.learn({ ...asked, limit: 1 }, answerWithin(1, 0));
    expect(memory.startRadiusM({ ...asked, limit: 1 })).toBeGreaterThanOrEqual(50);
  });
});
