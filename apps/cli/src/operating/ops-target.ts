import { userInfo } from 'node:os';
import type { Command } from 'commander';
import { urlWith } from '../commands/option-values.js';
import { addTokenOptions, type TokenTarget, tokenOf } from '../sending/token-target.js';
import { OpsClient } from './ops-client.js';

/** Which Hexfleet an operator's command is for. */
export interface OpsTarget extends TokenTarget {
  readonly ops: string;
}

export function addOpsOptions(command: Command): Command {
  command.option('--ops <url>', 'where operators look', urlWith('http:', 'https:'), 'http://127.0.0.1:8082');
  return addTokenOptions(command, 'ops');
}

/** @throws UserError when there is no token, and no secret to make one with. */
export async function opsClientOf(target: OpsTarget): Promise<OpsClient> {
  return new OpsClient(target.ops, await tokenOf(target, { subject: authorName(), role: 'ops' }));
}

/** As whom the audit knows what is done from here: the name of the user of this machine, as far as a token may carry it. */
function authorName(): string {
  const name = userInfo()
    .username.replace(/[^\x21-\x7e]/g, '_')
    .slice(0, 100);
  return name === '' ? 'local-ops' : name;
}
