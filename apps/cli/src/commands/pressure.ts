import { setTimeout as sleep } from 'node:timers/promises';
import type { ShedPolicy } from '@hexfleet/shed-policy';
import type { Command } from 'commander';
import type { OpsClient } from '../operating/ops-client.js';
import { addOpsOptions, type OpsTarget, opsClientOf } from '../operating/ops-target.js';
import { type Pressure, pressureLines } from '../operating/pressure-table.js';
import { stopSignal } from '../sending/stop-signal.js';
import { UserError } from '../user-error.js';
import { positiveInteger } from './option-values.js';

interface PressureOptions extends OpsTarget {
  readonly once: boolean;
  readonly json: boolean;
  readonly partitions: number;
}

const REFRESH_MS = 1_000;
/** To the corner, and the rest of the screen cleared. */
const CLEAR = '\u001b[H\u001b[2J';

export function registerPressure(program: Command): void {
  addOpsOptions(program.command('pressure'))
    .description('lag, shares and stages, refreshed every second')
    .option('--once', 'one look, and done', false)
    .option('--json', 'a line of JSON a look', false)
    .option('--partitions <n>', 'those that lag most', positiveInteger, 16)
    .action(async (options: PressureOptions) => {
      const client = await opsClientOf(options);
      if (options.once) process.stdout.write(await look(client, options));
      else process.exitCode = (await follow(client, options)) ? 0 : 1;
    });
}

/** Looks until told to stop; true when the last look went well. @throws UserError when the first one doesn't. */
async function follow(client: OpsClient, options: PressureOptions): Promise<boolean> {
  const stop = stopSignal();
  let seen: string | UserError = await look(client, options);
  while (true) {
    const isScreen = process.stdout.isTTY && !options.json;
    if (typeof seen === 'string') process.stdout.write(`${isScreen ? CLEAR : ''}${seen}`);
    else process.stderr.write(`${seen.message}\n`);
    await sleep(REFRESH_MS, undefined, { signal: stop }).catch(() => {});
    if (stop.aborted) return typeof seen === 'string';
    seen = await look(client, options).catch(messageOf);
  }
}

async function look(client: OpsClient, { json, partitions }: PressureOptions): Promise<string> {
  const { body } = await client.ask<Pressure>('/v1/pressure');
  if (json) return `${JSON.stringify(body)}\n`;
  const policy = await client.ask<ShedPolicy>('/v1/policy').then((answer) => answer.body, messageOf);
  return `${policyLine(policy)}\n${pressureLines(body, partitions).join('\n')}\n`;
}

/** Who looks at shares must know what they are of. */
function policyLine(policy: ShedPolicy | UserError): string {
  if (policy instanceof UserError) return `policy: not known (${policy.message})`;
  const { mode, shadow, fixedLevel } = policy;
  const level = mode === 'fixed' ? ` at ${fixedLevel}` : '';
  return `policy: ${mode}${level}${shadow ? ', SHADOW: nothing is shed' : ''}; hexfleet override list tells what is beside it`;
}

/** What may pass, such as a restart, is told and waited out. */
function messageOf(error: unknown): UserError {
  if (error instanceof UserError) return error;
  throw error;
}
