import { z } from 'zod';

/** One thing that is wrong with a document: where, such as `weights.idle` (empty for the whole), and what. */
export interface Fault {
  readonly path: string;
  readonly problem: string;
}

/** What reading a document gives: its value, or all that is wrong with it. */
export type Reading<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly faults: readonly Fault[] };

export function refused(...faults: Fault[]): { readonly ok: false; readonly faults: readonly Fault[] } {
  return { ok: false, faults };
}

/** Longest name of an unknown field that is repeated to whoever sent it. */
const MAX_REPEATED_CHARACTERS = 60;

/** Checks a document against its schema; each field that the schema doesn't know is a fault of its own. */
export function readWith<Value>(schema: z.ZodType<Value>, json: unknown): Reading<Value> {
  const result = schema.safeParse(json);
  return result.success
    ? { ok: true, value: result.data }
    : { ok: false, faults: result.error.issues.flatMap(faultsOf) };
}

function faultsOf(issue: z.core.$ZodIssue): Fault[] {
  const at = (...more: string[]) => [...issue.path.map(String), ...more].join('.');
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ path: at(key.slice(0, MAX_REPEATED_CHARACTERS)), problem: 'is not known here' }));
  }
  if (issue.code === 'invalid_type' && issue.input === undefined && issue.path.length > 0) {
    return [{ path: at(), problem: 'is missing' }];
  }
  return [{ path: at(), problem: issue.message }];
}

/** A number between two bounds, both allowed; whole where that is asked. */
export function numberFrom(min: number, max: number, { isWhole = false } = {}) {
  const problem = `must be a ${isWhole ? 'whole ' : ''}number from ${min} to ${max}`;
  return z.number(missingOr(problem)).refine((value) => {
    return value >= min && value <= max && (!isWhole || Number.isInteger(value));
  }, problem);
}

/** An object of exactly these fields. */
export function objectOf<Shape extends z.core.$ZodShape>(shape: Shape) {
  return z.strictObject(shape, missingOr('must be an object'));
}

/** What is said of a value of the wrong type, or of one that isn't there. */
export function missingOr(problem: string) {
  return {
    error: (issue: { readonly code?: string | undefined; readonly input?: unknown }) => {
      if (issue.code === 'unrecognized_keys') return undefined;
      return issue.input === undefined ? 'is missing' : problem;
    },
  };
}
