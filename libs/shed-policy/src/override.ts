import { STATUSES, type Status } from '@hexfleet/ping';
import { z } from 'zod';
import { inForce } from './in-force.js';
import { merged, type PolicyBounds, readPolicy, readPolicyPart } from './read-policy.js';
import { type Fault, missingOr, objectOf, type Reading, readWith } from './reading.js';
import type { Override, OverrideScope, PolicyPart, PolicyState } from './shed-policy.js';

/** What an operator asks for; its id, author and time are added by who takes the request. */
export type OverrideRequest = Pick<Override, 'scope' | 'policy' | 'endsAtMs' | 'reason'>;

export interface OverrideContext extends PolicyBounds {
  readonly nowMs: number;
  /** What the override would come on top of. */
  readonly state: PolicyState;
  /** How many home cells a cell holds; undefined for what is no cell that may be named. */
  readonly homeCellsIn: (cell: string) => number | undefined;
}

export const MAX_OVERRIDE_MS = 7 * 24 * 3_600_000;
export const MAX_OVERRIDE_CELLS = 1_000;
/** Over all cells of an override, so that every gateway can lay them out. */
export const MAX_OVERRIDE_HOME_CELLS = 2_500;
export const MAX_REASON_CHARACTERS = 500;

const SCOPES = ['all', 'status', 'cells'] as const;

/** Why something is changed, as it is kept in the audit. */
export function reasonSchema() {
  const problem = `must be a text of 1 to ${MAX_REASON_CHARACTERS} characters`;
  return z
    .string(missingOr(problem))
    .refine((text) => text.trim().length > 0 && text.length <= MAX_REASON_CHARACTERS, problem);
}

export function scopeSchema(): z.ZodType<OverrideScope> {
  return objectOf({
    all: z.literal(true, 'must be true'),
    status: z.enum(STATUSES, `must be one of ${STATUSES.join(', ')}`),
    cells: z
      .array(z.string('must be a cell, a text'), 'must be a list of cells')
      .min(1, `must name 1 to ${MAX_OVERRIDE_CELLS} cells`)
      .max(MAX_OVERRIDE_CELLS, `must name 1 to ${MAX_OVERRIDE_CELLS} cells`),
  })
    .partial()
    .refine(
      (scope) => SCOPES.filter((name) => scope[name] !== undefined).length === 1,
      `must name exactly one of ${SCOPES.join(', ')}`,
    ) as unknown as z.ZodType<OverrideScope>;
}

/** Reads a request for an override against what it would change; all faults are told at once. */
export function readOverride(json: unknown, context: OverrideContext): Reading<OverrideRequest> {
  const { nowMs } = context;
  const end = `must be a time in Unix ms in the future, at most ${MAX_OVERRIDE_MS / 86_400_000} days ahead`;
  const schema = objectOf({
    scope: scopeSchema(),
    policy: z.unknown().transform((part) => part as PolicyPart),
    endsAtMs: z
      .number(missingOr(end))
      .refine((at) => Number.isInteger(at) && at > nowMs && at <= nowMs + MAX_OVERRIDE_MS, end),
    reason: reasonSchema(),
  });
  const reading = readWith(schema, json);
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return reading;
  const { scope, policy } = json as { readonly scope?: unknown; readonly policy?: unknown };
  const readScope = scopeSchema().safeParse(scope);
  const faults = [
    ...(reading.ok ? [] : reading.faults),
    ...(readScope.success ? cellFaults(readScope.data, context) : []),
    ...partFaults(policy, readScope.success ? readScope.data : undefined, context),
  ];
  return reading.ok && faults.length === 0 ? reading : { ok: false, faults };
}

function cellFaults(scope: OverrideScope, { homeCellsIn }: OverrideContext): Fault[] {
  if (!('cells' in scope)) return [];
  const sizes = scope.cells.map(homeCellsIn);
  const faults = sizes.flatMap((size, i) =>
    size === undefined
      ? [
          {
            path: `scope.cells.${i}`,
            problem: 'must be an H3 cell of the resolution of home cells, or at most three coarser',
          },
        ]
      : [],
  );
  const total = sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0);
  if (total > MAX_OVERRIDE_HOME_CELLS) {
    const problem = `holds ${total} home cells, more than ${MAX_OVERRIDE_HOME_CELLS}: name fewer, or finer ones`;
    faults.push({ path: 'scope.cells', problem });
  }
  return faults;
}

function partFaults(json: unknown, scope: OverrideScope | undefined, context: OverrideContext): Fault[] {
  if (json === undefined) return [{ path: 'policy', problem: 'is missing' }];
  const part = readPolicyPart(json, context);
  if (!part.ok) return underPolicy(part.faults);
  if (isEmpty(part.value)) return [{ path: 'policy', problem: 'must name something to change' }];
  const faults = scope === undefined ? [] : scopeFaults(part.value, scope);
  // Both alone and on top of the overrides for all pings that are in force: they come and go.
  const under = [context.state.policy, inForce(context.state, context.nowMs)];
  for (const policy of under) {
    const whole = readPolicy(merged(policy, part.value), context);
    if (!whole.ok) {
      const names = new Set(faults.map(({ path }) => path));
      faults.push(...underPolicy(whole.faults).filter(({ path }) => !names.has(path)));
    }
  }
  return faults;
}

function underPolicy(faults: readonly Fault[]): Fault[] {
  return faults.map(({ path, problem }) => ({ path: path === '' ? 'policy' : `policy.${path}`, problem }));
}

/** What can't be had for some pings only. */
function scopeFaults(part: PolicyPart, scope: OverrideScope): Fault[] {
  if ('all' in scope) return [];
  const faults: Fault[] = [];
  if (part.targetLagMs !== undefined) {
    faults.push({
      path: 'policy.targetLagMs',
      problem: 'holds for whole partitions: it can be overridden for all only',
    });
  }
  if (part.hygiene !== undefined) {
    faults.push({ path: 'policy.hygiene', problem: 'holds for whole gateways: it can be overridden for all only' });
  }
  if (!('status' in scope)) return faults;
  for (const field of ['weights', 'maxSilenceMs'] as const) {
    const others = (Object.keys(part[field] ?? {}) as Status[]).filter((status) => status !== scope.status);
    for (const status of others) {
      faults.push({ path: `policy.${field}.${status}`, problem: `is of no use in an override for ${scope.status}` });
    }
  }
  return faults;
}

function isEmpty(part: PolicyPart): boolean {
  return Object.values(part).every(
    (value) => value === undefined || (typeof value === 'object' && Object.keys(value).length === 0),
  );
}
