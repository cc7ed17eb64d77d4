import { STATUSES, type Status } from '@hexfleet/ping';
import { z } from 'zod';
import { type Fault, missingOr, numberFrom, objectOf, type Reading, readWith } from './reading.js';
import { type PolicyPart, SHED_MODES, type ShedPolicy } from './shed-policy.js';

export interface PolicyBounds {
  /** How long a position is shown after its driver's last ping. */
  readonly ttlMs: number;
}

/** Under this, a bound on silence would admit nearly every ping. */
const MIN_SILENCE_MS = 1_000;

/** The longest silence that a policy may allow: a ping more must fit in before the driver's position expires. */
export function longestSilenceMs({ ttlMs }: PolicyBounds): number {
  return Math.floor(ttlMs / 2);
}

/**
 * Reads a whole policy. Unknown fields are faults at every level, and so is nonsense: weights that are greater for a lower
 * status, silence for longer than half the positions' time to live, numbers out of bounds. All faults are told at once.
 */
export function readPolicy(json: unknown, bounds: PolicyBounds): Reading<ShedPolicy> {
  return withOrderOfWeights(readWith(objectOf(policyShape(bounds)), json), json);
}

/** Reads a part of a policy: the same rules for what it names. It may name nothing. */
export function readPolicyPart(json: unknown, bounds: PolicyBounds): Reading<PolicyPart> {
  return withOrderOfWeights(readWith(partSchema(bounds), json), json);
}

/** A policy with the fields of a part in place of its own. */
export function merged(policy: ShedPolicy, part: PolicyPart): ShedPolicy {
  return {
    ...policy,
    ...part,
    weights: { ...policy.weights, ...part.weights },
    maxSilenceMs: { ...policy.maxSilenceMs, ...part.maxSilenceMs },
    hygiene: { ...policy.hygiene, ...part.hygiene },
  };
}

/** A policy, or a part of one, whose silences fit the time to live of positions, where that has been shortened since. */
export function fittedToTtl<Part extends PolicyPart>(policy: Part, bounds: PolicyBounds): Part {
  if (policy.maxSilenceMs === undefined) return policy;
  const longestMs = longestSilenceMs(bounds);
  const fitted = Object.entries(policy.maxSilenceMs).map(([status, ms]) => [status, Math.min(ms, longestMs)]);
  return { ...policy, maxSilenceMs: Object.fromEntries(fitted) };
}

function policyShape(bounds: PolicyBounds) {
  const longestMs = longestSilenceMs(bounds);
  return {
    mode: z.enum(SHED_MODES, missingOr(`must be one of ${SHED_MODES.join(', ')}`)),
    shadow: z.boolean(missingOr('must be true or false')),
    fixedLevel: numberFrom(0, 1),
    targetLagMs: numberFrom(50, 60_000, { isWhole: true }),
    weights: objectOf(byStatus(() => z.number(missingOr(WEIGHT)).refine((it) => it > 0 && it <= 1_000, WEIGHT))),
    maxSilenceMs: objectOf(
      byStatus(() => numberFrom(Math.min(MIN_SILENCE_MS, longestMs), longestMs, { isWhole: true })),
    ),
    hygiene: objectOf({
      maxAgeMs: numberFrom(1_000, 3_600_000, { isWhole: true }),
      futureToleranceMs: numberFrom(0, 600_000, { isWhole: true }),
      maxAccuracyM: numberFrom(1, 100_000),
      maxSpeedMps: numberFrom(1, 1_000_000),
    }),
  };
}

const WEIGHT = 'must be a number greater than 0, at most 1000';

function partSchema(bounds: PolicyBounds): z.ZodType<PolicyPart> {
  const { weights, maxSilenceMs, hygiene, ...plain } = policyShape(bounds);
  const nested = { weights: weights.partial(), maxSilenceMs: maxSilenceMs.partial(), hygiene: hygiene.partial() };
  return objectOf({ ...plain, ...nested }).partial() as z.ZodType<PolicyPart>;
}

function byStatus<Schema>(schema: () => Schema): Record<Status, Schema> {
  return Object.fromEntries(STATUSES.map((status) => [status, schema()])) as Record<Status, Schema>;
}

/** Adds the faults of order, also where other fields are at fault: an operator mends all in one go. */
function withOrderOfWeights<Value>(reading: Reading<Value>, json: unknown): Reading<Value> {
  const order = orderFaults(weightsOf(json));
  if (order.length === 0) return reading;
  return { ok: false, faults: [...(reading.ok ? [] : reading.faults), ...order] };
}

function orderFaults(weights: Readonly<Partial<Record<Status, unknown>>>): Fault[] {
  const faults: Fault[] = [];
  let lowest: Status | undefined;
  for (const status of STATUSES) {
    const weight = weights[status];
    if (typeof weight !== 'number') continue;
    if (lowest !== undefined && weight > (weights[lowest] as number)) {
      faults.push({
        path: `weights.${status}`,
        problem: `must not be greater than weights.${lowest}, a higher status`,
      });
    } else lowest = status;
  }
  return faults;
}

function weightsOf(json: unknown): Readonly<Partial<Record<Status, unknown>>> {
  const weights = (json as { readonly weights?: unknown } | null | undefined)?.weights;
  return typeof weights === 'object' && weights !== null ? weights : {};
}
