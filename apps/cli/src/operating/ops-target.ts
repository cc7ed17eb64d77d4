import { userInfo } from 'node:os';
import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { urlWith } from '../commands/option-values.js';
import { defaultDataFolder } from '../data-folder.js';
import { tokenFrom } from '../sending/ping-target.js';
import { OpsClient } from './ops-client.js';

/** Which Hexfleet an operator's command is for. */
export interface OpsTarget {
  readonly ops: string;
  readonly token?: string;
  readonly dataDir: string;
}

export function addOpsOptions(command: Command): Command {
  return command
    .option('--ops <url>', 'where operators look', urlWith('http:', 'https:'), 'http://127.0.0.1:8082')
    .addOption(
      new Option('--token <token>', 'of role ops; made with the data folder’s secret where none is given').env(
        'HEXFLEET_TOKEN',
      ),
    )
    .option('--data-dir <dir>', 'the data folder of the Hexfleet', (dir) => resolve(dir), defaultDataFolder());
}

/** @throws UserError when there is no token, and no secret to make one with. */
export async function opsClientOf({ ops, token, dataDir }: OpsTarget): Promise<OpsClient> {
  return new OpsClient(ops, token ?? (await tokenFrom(dataDir, { subject: authorName(), role: 'ops' })));
}

/** As whom the audit knows what is done from here: the name of the user of this machine, as far as a token may carry it. */
function authorName(): string {
  const name = userInfo()
    .username.replace(/[^\x21-\x7e]/g, '_')
    .slice(0, 100);
  return name === '' ? 'local-ops' : name;
}
