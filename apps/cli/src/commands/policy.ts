import type { PolicyState, ShedPolicy } from '@hexfleet/shed-policy';
import type { Command } from 'commander';
import { addOpsOptions, type OpsTarget, opsClientOf } from '../operating/ops-target.js';
import { differenceLines, type ToldVersion, versionLine } from '../operating/policy-lines.js';
import { readJson } from '../operating/read-json.js';
import { integerBetween, positiveInteger } from './option-values.js';

interface ChangeOptions extends OpsTarget {
  readonly reason?: string;
}

interface SetOptions extends ChangeOptions {
  readonly force: boolean;
}

interface HistoryOptions extends OpsTarget {
  readonly limit: number;
  readonly json: boolean;
}

/** Registers `policy` and what belongs to it; gives the command, for others to add theirs. */
export function registerPolicy(program: Command): Command {
  const policy = program.command('policy').description('how load is shed: read it, change it, go back');
  addOpsOptions(policy.command('get').description('prints the policy as JSON, for policy set to take')).action(get);
  addOpsOptions(policy.command('diff'))
    .description('what policy set would change')
    .argument('<file>', 'a policy, JSON; - is the standard input')
    .action(diff);
  addOpsOptions(policy.command('set'))
    .description('replaces the policy, unless someone else does in the same moment')
    .argument('<file>', 'a policy, JSON; - is the standard input')
    .option('--reason <text>', 'why, for the audit')
    .option('--force', 'whatever others change meanwhile', false)
    .action(set);
  addOpsOptions(policy.command('rollback'))
    .description('makes the policy of an earlier version the present one; overrides stay')
    .argument('<version>', 'as policy history tells them', positiveInteger)
    .option('--reason <text>', 'why, for the audit')
    .action(rollback);
  addOpsOptions(policy.command('history'))
    .description('who changed what and when, the newest first')
    .option('--limit <n>', 'so many', integerBetween(1, 1_000), 20)
    .option('--json', 'with all of each version, as JSON', false)
    .action(history);
  return policy;
}

async function get(target: OpsTarget): Promise<void> {
  const { body, version } = await (await opsClientOf(target)).ask<ShedPolicy>('/v1/policy');
  process.stdout.write(`${JSON.stringify(body, null, 2)}\n`);
  process.stderr.write(`version ${version}\n`);
}

async function diff(file: string, target: OpsTarget): Promise<void> {
  const candidate = await readJson(file);
  const { body, version } = await (await opsClientOf(target)).ask<ShedPolicy>('/v1/policy');
  printDifferences(body, candidate, version);
}

async function set(file: string, { reason, force, ...target }: SetOptions): Promise<void> {
  const candidate = await readJson(file);
  const client = await opsClientOf(target);
  const { body, version } = await client.ask<ShedPolicy>('/v1/policy');
  if (!printDifferences(body, candidate, version)) return;
  const ifVersion = force ? {} : { ifVersion: version };
  const changed = await client.ask<ShedPolicy>('/v1/policy', { method: 'PUT', body: candidate, reason, ...ifVersion });
  process.stderr.write(`version ${changed.version} is in force\n`);
}

async function rollback(to: number, { reason, ...target }: ChangeOptions): Promise<void> {
  const client = await opsClientOf(target);
  const { body: before, version: present } = await client.ask<ShedPolicy>('/v1/policy');
  const body = { version: to, ...(reason !== undefined && { reason }) };
  const { body: after, version } = await client.ask<ShedPolicy>('/v1/policy/rollback', {
    method: 'POST',
    body,
    ifVersion: present,
  });
  printDifferences(before, after, present);
  process.stderr.write(`version ${version} is in force, with the policy of version ${to}\n`);
}

async function history({ limit, json, ...target }: HistoryOptions): Promise<void> {
  const { body } = await (await opsClientOf(target)).ask<{ versions: (ToldVersion & PolicyState)[] }>(
    `/v1/policy/history?limit=${limit}`,
  );
  const lines = json ? [JSON.stringify(body, null, 2)] : body.versions.map(versionLine);
  process.stdout.write(`${lines.join('\n')}\n`);
}

/** False when there are none. */
function printDifferences(before: unknown, after: unknown, version: number): boolean {
  const lines = differenceLines(before, after);
  if (lines.length > 0) process.stdout.write(`${lines.join('\n')}\n`);
  else process.stderr.write(`no difference from version ${version}\n`);
  return lines.length > 0;
}
