import { z } from 'zod';
import { reasonSchema } from './override.js';
import { missingOr, objectOf, type Reading, readWith } from './reading.js';

export interface RollbackRequest {
  /** The version whose policy is to be in force again. */
  readonly version: number;
  readonly reason?: string;
}

export function readRollback(json: unknown): Reading<RollbackRequest> {
  const problem = 'must be a whole number of at least 1';
  const version = z.number(missingOr(problem)).refine((it) => Number.isSafeInteger(it) && it >= 1, problem);
  const reading = readWith(objectOf({ version, reason: reasonSchema().optional() }), json);
  return reading as Reading<RollbackRequest>;
}

/** The reason of a change, where one is given beside its body. */
export function readReason(reason: unknown): Reading<{ readonly reason?: string }> {
  const reading = readWith(objectOf({ reason: reasonSchema().optional() }), { reason });
  return reading as Reading<{ readonly reason?: string }>;
}
