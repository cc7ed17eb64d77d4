import { STATUSES } from '@hexfleet/ping';
import { type Override, SHED_MODES } from '@hexfleet/shed-policy';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { addOpsOptions, type OpsTarget, opsClientOf } from '../operating/ops-target.js';
import { type OverrideOptions, overrideOrder } from '../operating/override-order.js';
import { durationWithin } from './option-values.js';

interface AddOptions extends OpsTarget, OverrideOptions {
  readonly until?: number;
}

interface ListOptions extends OpsTarget {
  readonly json: boolean;
}

interface EndOptions extends OpsTarget {
  readonly reason?: string;
}

export function registerOverride(program: Command): void {
  const override = program.command('override').description('changes of policy for some pings, which end by themselves');
  addOpsOptions(override.command('add'))
    .description('adds one, and prints its id')
    .option('--all', 'for all pings')
    .addOption(new Option('--status <status>', 'for pings of a status').choices(STATUSES))
    .option('--cells <cell,…>', 'for pings in H3 cells', (text) => text.split(',').map((cell) => cell.trim()))
    .option('--policy <file>', 'a part of a policy, JSON; - is the standard input')
    .addOption(new Option('--mode <mode>', 'in place of the policy’s').choices(SHED_MODES))
    .option('--fixed-level <share>', 'sheds this share, 0 to 1 (mode fixed)', share)
    .addOption(new Option('--shadow <on|off>', 'decides, and drops nothing').choices(['on', 'off']).argParser(onOrOff))
    .option('--for <duration>', 'it ends so long from now, such as 30m', durationWithin('1s', '7d'))
    .option('--until <time>', 'it ends then, such as 2026-05-01T18:00:00Z', time)
    .requiredOption('--reason <text>', 'why, for the audit')
    .action(add);
  addOpsOptions(override.command('list')).description('those in force').option('--json', 'as JSON', false).action(list);
  addOpsOptions(override.command('end'))
    .description('ends one now')
    .argument('<id>', 'as override list tells them')
    .option('--reason <text>', 'why, for the audit')
    .action(end);
}

async function add({ until, ...options }: AddOptions): Promise<void> {
  const body = await overrideOrder({ ...options, ...(until !== undefined && { untilMs: until }) }, Date.now());
  const { body: added } = await (await opsClientOf(options)).ask<Override>('/v1/overrides', { method: 'POST', body });
  process.stdout.write(`${added.id}\n`);
  process.stderr.write(`in force until ${new Date(added.endsAtMs).toISOString()}\n`);
}

async function list({ json, ...target }: ListOptions): Promise<void> {
  const { body } = await (await opsClientOf(target)).ask<{ overrides: Override[] }>('/v1/overrides');
  if (json) process.stdout.write(`${JSON.stringify(body, null, 2)}\n`);
  else for (const one of body.overrides) process.stdout.write(`${overrideLine(one)}\n`);
  if (body.overrides.length === 0) process.stderr.write('no override is in force\n');
}

async function end(id: string, { reason, ...target }: EndOptions): Promise<void> {
  const path = `/v1/overrides/${encodeURIComponent(id)}`;
  await (await opsClientOf(target)).ask(path, { method: 'DELETE', reason });
  process.stderr.write(`${id} has ended\n`);
}

function overrideLine({ id, scope, policy, endsAtMs, author, reason }: Override): string {
  const where = 'cells' in scope ? `${scope.cells.length} cells` : 'status' in scope ? scope.status : 'all';
  return `${id}  ${where}  until ${new Date(endsAtMs).toISOString()}  ${JSON.stringify(policy)}  ${author}: ${reason}`;
}

function share(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && value >= 0 && value <= 1) return value;
  throw new InvalidArgumentError('It must be a number from 0 to 1.');
}

function onOrOff(text: string): boolean {
  if (text !== 'on' && text !== 'off') throw new InvalidArgumentError('It must be on or off.');
  return text === 'on';
}

function time(text: string): number {
  const atMs = Date.parse(text);
  if (!Number.isNaN(atMs)) return atMs;
  throw new InvalidArgumentError('It must be a time such as 2026-05-01T18:00:00Z.');
}
