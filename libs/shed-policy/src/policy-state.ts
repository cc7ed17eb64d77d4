import { overridesInForce } from './in-force.js';
import { type PolicyBounds, readPolicy } from './read-policy.js';
import { type Fault, type Reading, refused } from './reading.js';
import type { Override, PolicyChange, PolicyState, ShedPolicy } from './shed-policy.js';

/** Who makes a change, when and why. */
export type Authorship = Pick<PolicyChange, 'author' | 'atMs' | 'reason'>;

/** The next state, or why there is none. `not_found`: what is to be ended isn't there. */
export type Transition =
  | { readonly ok: true; readonly state: PolicyState }
  | { readonly ok: false; readonly kind: 'invalid' | 'not_found'; readonly faults: readonly Fault[] };

export const MAX_OVERRIDES = 100;
/** Over all overrides, so that the state stays well under the size of a message. */
export const MAX_CELLS_IN_ALL = 5_000;

/** The state that a fleet begins with. */
export function firstState(policy: ShedPolicy, by: Authorship): PolicyState {
  return { version: 1, policy, overrides: [], change: { action: 'first_policy', ...by } };
}

export function withPolicy(state: PolicyState, policy: ShedPolicy, by: Authorship): Transition {
  return next(state, { policy }, { action: 'set_policy', ...by });
}

/** The policy of an earlier state again; overrides stay as they are now. It must still be valid. */
export function rolledBack(state: PolicyState, to: PolicyState, by: Authorship, bounds: PolicyBounds): Transition {
  const reading = readPolicy(to.policy, bounds);
  if (!reading.ok) return { ok: false, kind: 'invalid', faults: reading.faults };
  return next(state, { policy: to.policy }, { action: 'rollback', ...by, toVersion: to.version });
}

/** The override must have been read against this very state. */
export function withOverride(state: PolicyState, override: Override): Transition {
  const { author, createdAtMs: atMs, reason, id } = override;
  const standing = overridesInForce(state, atMs);
  const room = checkRoom(standing, override);
  if (!room.ok) return { ...room, kind: 'invalid' };
  const change = { action: 'add_override', author, atMs, reason, overrideId: id } as const;
  return next(state, { overrides: [...standing, override] }, change);
}

export function withoutOverride(state: PolicyState, id: string, by: Authorship): Transition {
  const standing = overridesInForce(state, by.atMs);
  const overrides = standing.filter((override) => override.id !== id);
  if (overrides.length === standing.length) {
    return { ok: false, kind: 'not_found', faults: [{ path: 'id', problem: 'names no override in force' }] };
  }
  return next(state, { overrides }, { action: 'end_override', ...by, overrideId: id });
}

/** Overrides that have ended are left behind at each change. */
function next(
  state: PolicyState,
  changed: Partial<Pick<PolicyState, 'policy' | 'overrides'>>,
  change: PolicyChange,
): Transition {
  const overrides = overridesInForce({ overrides: changed.overrides ?? state.overrides }, change.atMs);
  return { ok: true, state: { policy: state.policy, ...changed, overrides, version: state.version + 1, change } };
}

function checkRoom(standing: readonly Override[], added: Override): Reading<undefined> {
  if (standing.length >= MAX_OVERRIDES) {
    return refused({ path: '', problem: `there are ${MAX_OVERRIDES} overrides in force, the most there may be` });
  }
  const cells = [...standing, added].reduce((sum, { scope }) => sum + ('cells' in scope ? scope.cells.length : 0), 0);
  if (cells > MAX_CELLS_IN_ALL) {
    return refused({
      path: 'scope.cells',
      problem: `all overrides together would name ${cells} cells, more than ${MAX_CELLS_IN_ALL}`,
    });
  }
  return { ok: true, value: undefined };
}
