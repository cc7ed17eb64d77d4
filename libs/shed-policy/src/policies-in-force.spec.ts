import { STATUSES, type Status } from '@hexfleet/ping';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { PoliciesInForce } from './policies-in-force.js';
import { firstState } from './policy-state.js';
import { DEFAULT_POLICY, type Override, type OverrideScope, type PolicyPart } from './shed-policy.js';

const NOW_MS = 1_000;
const expandCell = (cell: string) => (cell.startsWith('wide') ? [`${cell}-1`, `${cell}-2`] : [cell]);
const first = firstState(DEFAULT_POLICY, { author: 'ops', atMs: 0 });

let ids = 0;
const override = (scope: OverrideScope, policy: PolicyPart, endsAtMs = 2_000): Override => ({
  id: `o${++ids}`,
  scope,
  policy,
  createdAtMs: 1,
  endsAtMs,
  author: 'olga',
  reason: 'a parade',
});

function inForceWith(...overrides: Override[]): PoliciesInForce {
  const policies = new PoliciesInForce(DEFAULT_POLICY, expandCell);
  policies.use({ ...first, version: 7, overrides }, NOW_MS);
  return policies;
}

const level = (fixedLevel: number): PolicyPart => ({ mode: 'fixed', fixedLevel });

describe('what is in force', () => {
  it('is the fallback before any state, and the policy after', () => {
    const policies = new PoliciesInForce(DEFAULT_POLICY, expandCell);
    expect([policies.version, policies.base.policy, policies.refresh(NOW_MS)]).toEqual([0, DEFAULT_POLICY, false]);
    policies.use({ ...first, policy: { ...DEFAULT_POLICY, shadow: true } }, NOW_MS);
    expect(policies.of('cell', 'idle')).toEqual({ policy: { ...DEFAULT_POLICY, shadow: true }, overrideId: undefined });
    expect([policies.version, policies.hasCells]).toEqual([1, false]);
  });

  it('goes by cells before status before all, whatever came first', () => {
    const [cells, status, all] = [
      override({ cells: ['here'] }, level(0.3)),
      override({ status: 'idle' }, level(0.2)),
      override({ all: true }, level(0.1)),
    ];
    const policies = inForceWith(cells, status, all);
    const told = (cell: string | undefined, of: Status) => policies.of(cell, of).overrideId;
    expect([told('here', 'idle'), told('here', 'on_trip')]).toEqual([cells.id, cells.id]);
    expect([told('there', 'idle'), told(undefined, 'idle')]).toEqual([status.id, status.id]);
    expect([told('there', 'on_trip'), policies.base.overrideId]).toEqual([all.id, all.id]);
    expect([policies.of('here', 'idle').policy.fixedLevel, policies.hasCells]).toEqual([0.3, true]);
  });

  it('goes by the newer among equals, field by field', () => {
    const [older, newer] = [
      override({ all: true }, { ...level(0.1), shadow: true }),
      override({ all: true }, level(0.2)),
    ];
    expect(inForceWith(older, newer).base).toEqual({
      policy: { ...DEFAULT_POLICY, ...level(0.2), shadow: true },
      overrideId: newer.id,
    });
  });

  it('names no override that decides on neither mode nor level', () => {
    const policies = inForceWith(override({ all: true }, { shadow: true }));
    expect(policies.base).toEqual({ policy: { ...DEFAULT_POLICY, shadow: true }, overrideId: undefined });
  });

  it('reaches every home cell of a wider one', () => {
    const policies = inForceWith(override({ cells: ['wide', 'wide-1'] }, { mode: 'off' }));
    expect(['wide-1', 'wide-2', 'wide-3'].map((cell) => policies.of(cell, 'idle').policy.mode)).toEqual([
      'off',
      'off',
      'adaptive',
    ]);
  });

  it('ends with the override, by itself, and stays the same object until then', () => {
    const policies = inForceWith(override({ cells: ['here'] }, { mode: 'off' }, 1_500));
    const before = policies.of('here', 'idle');
    expect([policies.refresh(1_499), policies.of('here', 'idle') === before]).toEqual([false, true]);
    expect([policies.refresh(1_500), policies.of('here', 'idle').policy.mode]).toEqual([true, 'adaptive']);
    expect([policies.refresh(9_999), policies.hasCells]).toEqual([false, false]);
  });

  it('shares its policies among the cells of the same overrides', () => {
    const policies = inForceWith(override({ cells: ['a', 'b'] }, { mode: 'off' }));
    expect(policies.of('a', 'idle')).toBe(policies.of('b', 'idle'));
  });

  it('never weighs a lower status more in one place, however overrides meet', () => {
    const places = ['a', 'b', undefined];
    const scope = fc.oneof(
      fc.constant<OverrideScope>({ all: true }),
      fc.constantFrom(...STATUSES).map((status): OverrideScope => ({ status })),
      fc.constantFrom('a', 'b').map((cell): OverrideScope => ({ cells: [cell] })),
    );
    const weights = fc.dictionary(fc.constantFrom(...STATUSES), fc.integer({ min: 1, max: 1_000 }));
    fc.assert(
      fc.property(fc.array(fc.tuple(scope, weights), { maxLength: 6 }), (drawn) => {
        const policies = inForceWith(...drawn.map(([where, part]) => override(where, { weights: part })));
        for (const place of places) {
          const own = STATUSES.map((status) => policies.of(place, status).policy.weights[status]);
          expect(own).toEqual([...own].sort((a, b) => b - a));
          for (const status of STATUSES) {
            expect(policies.of(place, status).policy.weights).toEqual(policies.of(place, 'idle').policy.weights);
          }
        }
      }),
    );
  });
});
