import { HomeCells, homeCellsOf } from '@hexfleet/cells';
import { DEFAULT_POLICY, type Override, type PolicyState, type ShedPolicy } from '@hexfleet/shed-policy';
import { describe, expect, it } from '@jest/globals';
import { PolicyInUse } from './policy-in-use.js';

const RESOLUTION = 7;
const SLACK_M = 50;
const NOW_MS = 1_700_000_000_000;
const HERE = [37.7749, -122.4194] as const;
const ELSEWHERE = [37.3382, -121.8863] as const;
const CELLS = new HomeCells({ resolution: RESOLUTION, partitions: 64 });

function inUse(): PolicyInUse {
  return new PolicyInUse(DEFAULT_POLICY, (cell) => homeCellsOf(cell, RESOLUTION), CELLS, SLACK_M);
}

function state(version: number, policy: Partial<ShedPolicy>, ...overrides: Partial<Override>[]): PolicyState {
  const blank = {
    createdAtMs: NOW_MS,
    endsAtMs: NOW_MS + 1_000,
    author: 'a',
    reason: 'r',
    scope: { all: true },
  } as const;
  return {
    version,
    policy: { ...DEFAULT_POLICY, ...policy },
    overrides: overrides.map((override, at) => ({ ...blank, id: `o${at}`, policy: {}, ...override })),
    change: { action: 'set_policy', author: 'a', atMs: NOW_MS },
  };
}

describe('the policy in use', () => {
  it('is the fallback, at version 0, before any was heard of', () => {
    const policies = inUse();
    expect([policies.version, policies.of(...HERE, 'idle').policy]).toEqual([0, DEFAULT_POLICY]);
    expect(policies.hygiene).toEqual({ ...DEFAULT_POLICY.hygiene, slackM: SLACK_M });
  });

  it('is the newest that was told, hygiene with it', () => {
    const policies = inUse();
    const hygiene = { ...DEFAULT_POLICY.hygiene, maxAgeMs: 5_000 };
    policies.use(state(3, { mode: 'off', hygiene }), NOW_MS);
    expect([policies.version, policies.base.policy.mode]).toEqual([3, 'off']);
    expect(policies.hygiene).toEqual({ ...hygiene, slackM: SLACK_M });
  });

  it('is overridden in the cells that an override names, coarser ones too, and nowhere else', () => {
    const policies = inUse();
    const cell = CELLS.cellOf(...HERE);
    policies.use(state(4, {}, { scope: { cells: [cell] }, policy: { mode: 'off' } }), NOW_MS);
    expect(policies.of(...HERE, 'idle')).toMatchObject({ policy: { mode: 'off' }, overrideId: 'o0' });
    expect(policies.of(...ELSEWHERE, 'idle')).toMatchObject({ policy: { mode: 'adaptive' }, overrideId: undefined });
    expect(policies.base.policy.mode).toBe('adaptive');
  });

  it('goes back by itself when an override ends, and its hygiene too', () => {
    const policies = inUse();
    policies.use(state(5, {}, { policy: { mode: 'off', hygiene: { maxAccuracyM: 20 } } }), NOW_MS);
    policies.refresh(NOW_MS + 999);
    expect([policies.base.policy.mode, policies.hygiene.maxAccuracyM]).toEqual(['off', 20]);
    policies.refresh(NOW_MS + 1_000);
    expect([policies.base.policy.mode, policies.hygiene.maxAccuracyM]).toEqual(['adaptive', 200]);
    expect(policies.version).toBe(5);
  });

  it('gives the same object until something changes: thresholds are kept by it', () => {
    const policies = inUse();
    const told = state(6, { mode: 'fixed', fixedLevel: 0.5 }, { scope: { status: 'idle' }, policy: { fixedLevel: 1 } });
    policies.use(told, NOW_MS);
    const before = policies.of(...HERE, 'idle');
    policies.refresh(NOW_MS + 500);
    expect(policies.of(...ELSEWHERE, 'idle')).toBe(before);
    policies.refresh(NOW_MS + 1_000);
    expect(policies.of(...HERE, 'idle')).not.toBe(before);
  });
});
