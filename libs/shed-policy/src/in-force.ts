import { merged } from './read-policy.js';
import type { Override, PolicyState, ShedPolicy } from './shed-policy.js';

/** The overrides that have not ended, oldest first. One holds from when it is known: clocks of apps may differ. */
export function overridesInForce(state: Pick<PolicyState, 'overrides'>, nowMs: number): readonly Override[] {
  return state.overrides.filter(({ endsAtMs }) => endsAtMs > nowMs);
}

/** The policy with the overrides for all pings that are in force. */
export function inForce(state: PolicyState, nowMs: number): ShedPolicy {
  return overridesInForce(state, nowMs)
    .filter(({ scope }) => 'all' in scope)
    .reduce((policy, override) => merged(policy, override.policy), state.policy);
}
