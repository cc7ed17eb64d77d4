import { z } from 'zod';
import { scopeSchema } from './override.js';
import { fittedToTtl, type PolicyBounds, readPolicy, readPolicyPart } from './read-policy.js';
import { missingOr, objectOf, type Reading, readWith } from './reading.js';
import type { Override, PolicyState } from './shed-policy.js';

/** Stored documents were checked against the time to live of their day. */
const ANY_TTL: PolicyBounds = { ttlMs: 2 * 3_600_000 };

const ACTIONS = ['first_policy', 'set_policy', 'rollback', 'add_override', 'end_override'] as const;
const TIME = missingOr('must be a time in Unix ms');
const TEXT = missingOr('must be a text');

const STATE = objectOf({
  version: z.number(missingOr('must be a whole number')).int().positive(),
  policy: z.unknown(),
  overrides: z.array(
    objectOf({
      id: z.string(TEXT),
      scope: scopeSchema(),
      policy: z.unknown(),
      createdAtMs: z.number(TIME),
      endsAtMs: z.number(TIME),
      author: z.string(TEXT),
      reason: z.string(TEXT),
    }),
  ),
  change: objectOf({
    action: z.enum(ACTIONS, missingOr(`must be one of ${ACTIONS.join(', ')}`)),
    author: z.string(TEXT),
    atMs: z.number(TIME),
    reason: z.string(TEXT).optional(),
    toVersion: z.number().optional(),
    overrideId: z.string().optional(),
  }),
});

/**
 * Reads a stored state. One that a newer release wrote in another form is refused with its faults. Silences that a time to
 * live shortened since has no room for are cut to what fits, when bounds are given.
 */
export function readPolicyState(json: unknown, bounds?: PolicyBounds): Reading<PolicyState> {
  const outer = readWith(STATE, json);
  if (!outer.ok) return outer;
  const policy = readPolicy(outer.value.policy, ANY_TTL);
  if (!policy.ok) return policy;
  const overrides: Override[] = [];
  for (const override of outer.value.overrides) {
    const part = readPolicyPart(override.policy, ANY_TTL);
    if (!part.ok) return part;
    overrides.push({ ...override, policy: bounds === undefined ? part.value : fittedToTtl(part.value, bounds) });
  }
  const { version, change } = outer.value;
  const fitted = bounds === undefined ? policy.value : fittedToTtl(policy.value, bounds);
  return { ok: true, value: { version, policy: fitted, overrides, change: change as PolicyState['change'] } };
}
