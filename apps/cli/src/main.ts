import { Command, CommanderError } from 'commander';
import { registerOverride } from './commands/override.js';
import { registerPartitions } from './commands/partitions.js';
import { registerPolicy } from './commands/policy.js';
import { registerPolicyTry } from './commands/policy-try.js';
import { registerPressure } from './commands/pressure.js';
import { registerReplay } from './commands/replay.js';
import { registerSimulate } from './commands/simulate.js';
import { registerStart } from './commands/start.js';
import { registerToken } from './commands/token.js';
import { UserError } from './user-error.js';

const program = new Command('hexfleet')
  .description('Takes in the positions of a ride fleet and answers "who is near me?"')
  .showHelpAfterError('(--help tells what there is)')
  .exitOverride();

registerStart(program);
registerToken(program);
registerReplay(program);
registerSimulate(program);
registerPolicyTry(registerPolicy(program));
registerOverride(program);
registerPressure(program);
registerPartitions(program);

// A reader of our output that goes away, such as `head`, ends that output and nothing else.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode;
  else {
    process.stderr.write(`${error instanceof UserError ? error.message : (error as Error).stack}\n`);
    process.exit(1);
  }
}
