import { describe, expect, it } from '@jest/globals';
import { MAX_OVERRIDE_HOME_CELLS, readOverride } from './override.js';
import { firstState } from './policy-state.js';
import { DEFAULT_POLICY } from './shed-policy.js';

const NOW_MS = 1_700_000_000_000;
const DAY_MS = 86_400_000;
const state = firstState(DEFAULT_POLICY, { author: 'olga', atMs: NOW_MS });
const homeCellsIn = (cell: string) => (cell === 'wide' ? MAX_OVERRIDE_HOME_CELLS : cell === 'cell' ? 1 : undefined);
const context = { ttlMs: 60_000, nowMs: NOW_MS, state, homeCellsIn };

const REQUEST = { scope: { status: 'idle' }, policy: { mode: 'off' }, endsAtMs: NOW_MS + 1, reason: 'a parade' };

function faultsOf(changed: object): string[] {
  const reading = readOverride({ ...REQUEST, ...changed }, context);
  return reading.ok ? [] : reading.faults.map(({ path }) => path);
}

describe('a request for an override', () => {
  it.each([{ all: true }, { status: 'on_trip' }, { cells: ['cell', 'cell'] }])('may be for %j', (scope) => {
    expect(readOverride({ ...REQUEST, scope }, context)).toEqual({ ok: true, value: { ...REQUEST, scope } });
  });

  it.each<[string, object, string[]]>([
    ['two scopes', { scope: { all: true, status: 'idle' } }, ['scope']],
    ['no scope', { scope: {} }, ['scope']],
    ['not all', { scope: { all: false } }, ['scope.all']],
    ['an unknown scope', { scope: { city: 'Lima' } }, ['scope.city', 'scope']],
    ['no cells', { scope: { cells: [] } }, ['scope.cells']],
    ['too many cells', { scope: { cells: Array(1_001).fill('cell') } }, ['scope.cells']],
    ['what is no cell', { scope: { cells: ['cell', 'x'] } }, ['scope.cells.1']],
    ['cells that are too wide', { scope: { cells: ['wide', 'cell'] } }, ['scope.cells']],
    ['an end that is now', { endsAtMs: NOW_MS }, ['endsAtMs']],
    ['an end in eight days', { endsAtMs: NOW_MS + 8 * DAY_MS }, ['endsAtMs']],
    ['an end as a text', { endsAtMs: '2026-01-01' }, ['endsAtMs']],
    ['no reason', { reason: undefined }, ['reason']],
    ['an empty reason', { reason: '  ' }, ['reason']],
    ['a long reason', { reason: 'x'.repeat(501) }, ['reason']],
    ['an unknown field', { author: 'me' }, ['author']],
    ['nothing to change', { policy: { weights: {} } }, ['policy']],
    ['no policy', { policy: undefined }, ['policy']],
    ['what is no policy', { policy: 3 }, ['policy']],
    ['an unknown field of policy', { policy: { mode: 'off', x: 1 } }, ['policy.x']],
    ['what only partitions have', { policy: { targetLagMs: 100 } }, ['policy.targetLagMs']],
    ['what only gateways have', { policy: { hygiene: { maxAgeMs: 5_000 } } }, ['policy.hygiene']],
    ['another status`s field', { policy: { maxSilenceMs: { on_trip: 5_000 } } }, ['policy.maxSilenceMs.on_trip']],
    ['a weight over the next status`s', { policy: { weights: { idle: 3 } } }, ['policy.weights.idle']],
  ])('may not have %s', (_, changed, paths) => {
    expect([...new Set(faultsOf(changed))]).toEqual(paths);
  });

  it('is told all that is wrong at once', () => {
    const paths = faultsOf({ scope: { cells: ['x'] }, policy: { mode: 'on', hygiene: {} }, endsAtMs: 0, reason: '' });
    expect(paths.sort()).toEqual(['endsAtMs', 'policy.mode', 'reason', 'scope.cells.0']);
  });

  it('for all may have everything', () => {
    const policy = { targetLagMs: 100, hygiene: { maxSpeedMps: 4_200 } };
    expect(faultsOf({ scope: { all: true }, policy })).toEqual([]);
  });

  it.each([null, 'text', []])('is no %j', (json) => expect(readOverride(json, context).ok).toBe(false));
});
