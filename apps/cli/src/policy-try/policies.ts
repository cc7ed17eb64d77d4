import { DEFAULT_POLICY, type PolicyBounds, readPolicy, type ShedPolicy } from '@hexfleet/shed-policy';
import { opsClientOf } from '../operating/ops-target.js';
import { readJson } from '../operating/read-json.js';
import { UserError } from '../user-error.js';

/** A policy, and where it comes from in words. */
export interface NamedPolicy {
  readonly source: string;
  readonly policy: ShedPolicy;
}

export interface CurrentSource {
  readonly current?: string;
  readonly ops?: string;
  readonly token?: string;
  readonly dataDir: string;
}

/** @throws UserError that names each fault. */
export async function candidatePolicy(file: string, bounds: PolicyBounds): Promise<NamedPolicy> {
  const source = file === '-' ? 'standard input' : file;
  return { source, policy: checked(source, await readJson(file), bounds) };
}

/** What to compare with: a file, what is in force at a Hexfleet, or else what a Hexfleet starts with. */
export async function currentPolicy(
  { current, ops, token, dataDir }: CurrentSource,
  bounds: PolicyBounds,
): Promise<NamedPolicy> {
  if (current !== undefined) return candidatePolicy(current, bounds);
  if (ops === undefined) return { source: 'the default policy', policy: DEFAULT_POLICY };
  const client = await opsClientOf({ ops, dataDir, ...(token !== undefined && { token }) });
  const { body, version } = await client.ask<unknown>('/v1/policy');
  const source = `version ${version} of ${ops}`;
  return { source, policy: checked(source, body, bounds) };
}

function checked(source: string, json: unknown, bounds: PolicyBounds): ShedPolicy {
  const reading = readPolicy(json, bounds);
  if (reading.ok) return reading.value;
  const faults = reading.faults.map(({ path, problem }) => `  ${path === '' ? 'it' : path} ${problem}`);
  throw new UserError([`${source} is no policy:`, ...faults].join('\n'));
}
