import { STATUSES } from '@hexfleet/ping';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { fittedToTtl, readPolicy, readPolicyPart } from './read-policy.js';
import type { Reading } from './reading.js';
import { DEFAULT_POLICY } from './shed-policy.js';

const BOUNDS = { ttlMs: 60_000 };
const pathsOf = (reading: Reading<unknown>) => (reading.ok ? [] : reading.faults.map(({ path }) => path));

describe('a policy', () => {
  it('is read as it is', () => {
    expect(readPolicy(JSON.parse(JSON.stringify(DEFAULT_POLICY)), BOUNDS)).toEqual({ ok: true, value: DEFAULT_POLICY });
  });

  it('with unknown fields is refused, with each of them named, at every level', () => {
    const json = {
      ...DEFAULT_POLICY,
      colour: 'red',
      taste: 1,
      weights: { ...DEFAULT_POLICY.weights, parked: 1 },
      hygiene: { ...DEFAULT_POLICY.hygiene, slackM: 1 },
    };
    expect(pathsOf(readPolicy(json, BOUNDS)).sort()).toEqual(['colour', 'hygiene.slackM', 'taste', 'weights.parked']);
  });

  it('of nonsense is refused, with every fault named', () => {
    const json = {
      mode: 'sometimes',
      shadow: 'no',
      fixedLevel: 1.1,
      targetLagMs: 49.5,
      weights: { on_trip: 1, en_route: 2, available: -1, idle: '1' },
      maxSilenceMs: { on_trip: 999, en_route: 30_001, available: 15_000.5 },
      hygiene: null,
    };
    expect(pathsOf(readPolicy(json, BOUNDS)).sort()).toEqual([
      'fixedLevel',
      'hygiene',
      'maxSilenceMs.available',
      'maxSilenceMs.en_route',
      'maxSilenceMs.idle',
      'maxSilenceMs.on_trip',
      'mode',
      'shadow',
      'targetLagMs',
      'weights.available',
      'weights.en_route',
      'weights.idle',
    ]);
  });

  it.each([null, undefined, 7, 'text', [DEFAULT_POLICY]])('is no %j', (json) => {
    expect(readPolicy(json, BOUNDS).ok).toBe(false);
  });

  it.each([
    ['fixedLevel', Number.NaN],
    ['fixedLevel', -0.01],
    ['targetLagMs', 60_001],
    ['targetLagMs', Number.POSITIVE_INFINITY],
  ])('is not one with a %s of %d', (field, value) => {
    expect(pathsOf(readPolicy({ ...DEFAULT_POLICY, [field]: value }, BOUNDS))).toEqual([field]);
  });

  it('may allow silence for half the time to live, and a short one has room for some too', () => {
    for (const ttlMs of [1_000, 1_999, 3_000, 60_000]) {
      const policy = fittedToTtl(DEFAULT_POLICY, { ttlMs });
      expect(readPolicy(policy, { ttlMs })).toEqual({ ok: true, value: policy });
    }
    expect(pathsOf(readPolicy(DEFAULT_POLICY, { ttlMs: 49_999 }))).toEqual(['maxSilenceMs.idle']);
  });

  it('never weighs a lower status more', () => {
    const weight = fc.double({ min: 0.001, max: 1_000, noNaN: true });
    fc.assert(
      fc.property(fc.tuple(weight, weight, weight, weight), (values) => {
        const weights = Object.fromEntries(STATUSES.map((status, i) => [status, values[i]]));
        const isSorted = values.every((value, i) => i === 0 || value <= (values[i - 1] as number));
        expect(readPolicy({ ...DEFAULT_POLICY, weights }, BOUNDS).ok).toBe(isSorted);
      }),
    );
  });
});

describe('a part of a policy', () => {
  it('may leave out anything, and what it names is held to the same rules', () => {
    expect(readPolicyPart({}, BOUNDS)).toEqual({ ok: true, value: {} });
    expect(readPolicyPart({ weights: { idle: 2 } }, BOUNDS)).toEqual({ ok: true, value: { weights: { idle: 2 } } });
    expect(pathsOf(readPolicyPart({ weights: { idle: 2, on_trip: 1 }, mood: 1 }, BOUNDS)).sort()).toEqual([
      'mood',
      'weights.idle',
    ]);
  });
});
