import { resolve } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { defaultDataFolder } from '../data-folder.js';
import { startHexfleet } from '../start/start-hexfleet.js';
import type { StartOptions } from '../start/start-options.js';
import { durationWithin, port, positiveInteger, positiveNumber, urlsWith, urlWith } from './option-values.js';

/** Far more than any machine has use for: a slip of the finger would start a process for each. */
const MAX_WORKERS = 32;

export function registerStart(program: Command): void {
  program
    .command('start')
    .description('everything on this machine, with its own NATS and Redis where none is named')
    .option('--gateway-port <port>', 'where drivers send pings; 0 means any free one', port, 8080)
    .option('--nearby-port <port>', 'where riders ask; 0 means any free one', port, 8081)
    .option('--ops-port <port>', 'where operators look; 0 means any free one', port, 8082)
    .option('--workers <n>', `location writers, which share the partitions; at most ${MAX_WORKERS}`, workers, 1)
    .option('--no-demo', 'without the small simulated fleet')
    .option('--max-speed-mps <n>', 'faster than this between two pings is an impossible jump', positiveNumber)
    .option('--writer-limit <n>', 'hold each writer to n pings a second, for drills', positiveInteger)
    .option(
      '--ttl <duration>',
      'a driver silent for longer is in no answer (default: HEXFLEET_TTL_MS, else 60s)',
      durationWithin('1s', '1h'),
    )
    .option('--nats <url>', 'a NATS with JetStream that runs elsewhere', urlWith('nats:', 'tls:'))
    .option('--redis <url,…>', 'one or more Redis that run elsewhere', urlsWith('redis:', 'rediss:'))
    .option('--data-dir <dir>', 'data, secrets and logs of its own servers', (dir) => resolve(dir), defaultDataFolder())
    .option('--json', 'one line of JSON on standard output when all is ready, and nothing else')
    .action(async (options: StartOptions) => {
      const wentWell = await startHexfleet(options);
      process.exit(wentWell ? 0 : 1);
    });
}

function workers(text: string): number {
  const count = positiveInteger(text);
  if (count > MAX_WORKERS) throw new InvalidArgumentError(`At most ${MAX_WORKERS} on one machine.`);
  return count;
}
