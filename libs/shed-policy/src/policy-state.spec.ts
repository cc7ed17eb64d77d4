import { describe, expect, it } from '@jest/globals';
import { inForce } from './in-force.js';
import { differences } from './policy-differences.js';
import {
  firstState,
  MAX_OVERRIDES,
  rolledBack,
  type Transition,
  withOverride,
  withoutOverride,
  withPolicy,
} from './policy-state.js';
import { readPolicyState } from './read-state.js';
import { DEFAULT_POLICY, type Override, type PolicyState } from './shed-policy.js';

const BOUNDS = { ttlMs: 60_000 };
const by = (atMs: number) => ({ author: 'olga', atMs, reason: 'because' });
const first = firstState(DEFAULT_POLICY, { author: 'ops', atMs: 0 });

const override = (id: string, createdAtMs: number, endsAtMs: number): Override => ({
  id,
  scope: { all: true },
  policy: { mode: 'fixed', fixedLevel: 0.5 },
  createdAtMs,
  endsAtMs,
  author: 'olga',
  reason: 'a parade',
});

function stateOf(transition: Transition): PolicyState {
  if (!transition.ok) throw new Error(JSON.stringify(transition.faults));
  return transition.state;
}

describe('the state of policy', () => {
  it('counts its changes, and says who made each and why', () => {
    const set = stateOf(withPolicy(first, { ...DEFAULT_POLICY, mode: 'off' }, by(1)));
    expect(set).toMatchObject({ version: 2, policy: { mode: 'off' }, change: { action: 'set_policy', ...by(1) } });
    const back = stateOf(rolledBack(set, first, by(2), BOUNDS));
    expect(back).toMatchObject({ version: 3, policy: DEFAULT_POLICY, change: { action: 'rollback', toVersion: 1 } });
    const added = stateOf(withOverride(back, override('o1', 3, 100)));
    expect(added).toMatchObject({
      version: 4,
      change: { action: 'add_override', overrideId: 'o1', reason: 'a parade' },
    });
    const ended = stateOf(withoutOverride(added, 'o1', by(4)));
    expect(ended).toMatchObject({ version: 5, overrides: [], change: { action: 'end_override', overrideId: 'o1' } });
    expect(first.version).toBe(1);
  });

  it('keeps overrides through changes of the policy until they end, and then leaves them behind', () => {
    const added = stateOf(withOverride(first, override('o1', 1, 100)));
    const back = stateOf(rolledBack(added, first, by(50), BOUNDS));
    expect(back.overrides).toHaveLength(1);
    expect([inForce(back, 99).mode, inForce(back, 100).mode]).toEqual(['fixed', 'adaptive']);
    expect(stateOf(withPolicy(back, DEFAULT_POLICY, by(100))).overrides).toEqual([]);
  });

  it('does not go back to a policy that is not valid any more', () => {
    expect(rolledBack(first, first, by(1), { ttlMs: 10_000 })).toMatchObject({ ok: false, kind: 'invalid' });
  });

  it('ends no override twice, and none that has ended by itself', () => {
    const added = stateOf(withOverride(first, override('o1', 1, 100)));
    expect(withoutOverride(added, 'o2', by(2))).toMatchObject({ ok: false, kind: 'not_found' });
    expect(withoutOverride(added, 'o1', by(100))).toMatchObject({ ok: false, kind: 'not_found' });
  });

  it('holds so many overrides', () => {
    let state = first;
    for (let i = 0; i < MAX_OVERRIDES; i++) state = stateOf(withOverride(state, override(`o${i}`, 1, 100)));
    expect(withOverride(state, override('more', 2, 100))).toMatchObject({ ok: false, kind: 'invalid' });
    expect(withOverride(state, override('later', 100, 200)).ok).toBe(true);
  });
});

describe('a stored state', () => {
  const state = stateOf(withOverride(first, { ...override('o1', 1, 100), policy: { maxSilenceMs: { idle: 20_000 } } }));

  it('is read as it was', () => {
    expect(readPolicyState(JSON.parse(JSON.stringify(state)))).toEqual({ ok: true, value: state });
  });

  it('fits the time to live that there is now', () => {
    const reading = readPolicyState(state, { ttlMs: 20_000 });
    if (!reading.ok) throw new Error('it is readable');
    expect(reading.value.policy.maxSilenceMs).toEqual({
      on_trip: 5_000,
      en_route: 8_000,
      available: 10_000,
      idle: 10_000,
    });
    expect(reading.value.overrides[0]?.policy).toEqual({ maxSilenceMs: { idle: 10_000 } });
  });

  it('of another form is refused', () => {
    expect(readPolicyState({ ...state, format: 2 })).toMatchObject({ ok: false, faults: [{ path: 'format' }] });
    expect(readPolicyState({ ...state, policy: { mode: 'clever' } }).ok).toBe(false);
  });
});

describe('differences', () => {
  it('are told field by field', () => {
    const after = { ...DEFAULT_POLICY, mode: 'off', weights: { ...DEFAULT_POLICY.weights, idle: 0.5 }, extra: [1] };
    expect(differences(DEFAULT_POLICY, after)).toEqual([
      { path: 'mode', before: 'adaptive', after: 'off' },
      { path: 'weights.idle', before: 1, after: 0.5 },
      { path: 'extra', before: undefined, after: [1] },
    ]);
    expect(differences(after, after)).toEqual([]);
  });
});
