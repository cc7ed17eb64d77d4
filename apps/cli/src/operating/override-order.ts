import type { ShedMode } from '@hexfleet/shed-policy';
import { UserError } from '../user-error.js';
import { readJson } from './read-json.js';

/** What `override add` was asked for. */
export interface OverrideOptions {
  readonly all?: true;
  readonly status?: string;
  readonly cells?: readonly string[];
  readonly policy?: string;
  readonly mode?: ShedMode;
  readonly fixedLevel?: number;
  readonly shadow?: boolean;
  /** How long from now, in ms. */
  readonly for?: number;
  readonly untilMs?: number;
  readonly reason: string;
}

/** The request for an override. What is wrong with its values ops says; only what can't be asked for is refused here. */
export async function overrideOrder(options: OverrideOptions, nowMs: number): Promise<object> {
  const { all, status, cells, for: forMs, untilMs, reason } = options;
  const scopes = [all && { all }, status !== undefined && { status }, cells !== undefined && { cells }].filter(Boolean);
  const [scope] = scopes;
  if (scopes.length !== 1 || !scope) throw new UserError('Give exactly one of --all, --status and --cells.');
  if ((forMs === undefined) === (untilMs === undefined)) throw new UserError('Give exactly one of --for and --until.');
  return { scope, policy: await partOf(options), endsAtMs: untilMs ?? nowMs + (forMs as number), reason };
}

/** A file's part of a policy, and what the flags say on top of it. */
async function partOf({ policy, mode, fixedLevel, shadow }: OverrideOptions): Promise<unknown> {
  const flags = {
    // A level is of use in this mode only.
    ...(fixedLevel !== undefined && { mode: 'fixed', fixedLevel }),
    ...(mode !== undefined && { mode }),
    ...(shadow !== undefined && { shadow }),
  };
  if (policy === undefined) {
    if (Object.keys(flags).length > 0) return flags;
    throw new UserError('Say what to change: --policy FILE, --mode, --fixed-level or --shadow.');
  }
  const part = await readJson(policy);
  if (typeof part !== 'object' || part === null)
    throw new UserError(`${policy} must hold an object, a part of a policy.`);
  return { ...part, ...flags };
}
