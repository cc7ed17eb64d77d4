import { resolve } from 'node:path';
import { HomeCells } from '@hexfleet/cells';
import { tryPolicy } from '@hexfleet/shed-trial';
import { sortByTime, type TraceRow } from '@hexfleet/trace';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { defaultDataFolder } from '../data-folder.js';
import { candidatePolicy, currentPolicy, type NamedPolicy } from '../policy-try/policies.js';
import { type TriedPolicy, trialJson, trialLines } from '../policy-try/trial-table.js';
import { readTrace } from '../replay/read-trace.js';
import { UserError } from '../user-error.js';
import { durationWithin, urlWith } from './option-values.js';

interface TryOptions {
  readonly trace: string;
  readonly share: number;
  readonly sort: boolean;
  readonly current?: string;
  readonly ops?: string;
  readonly token?: string;
  readonly dataDir: string;
  /** In ms. */
  readonly ttl: number;
  readonly json: boolean;
}

/** As home cells are laid out where nobody has said otherwise. */
const LAYOUT = { resolution: 7, partitions: 64 };

/** Registers `try` under the command that policies have. */
export function registerPolicyTry(policyCommand: Command): void {
  policyCommand
    .command('try')
    .description('runs a policy over a recorded trace, beside the present one: what is shed, and what that costs')
    .argument('<file>', 'the candidate, JSON; - is the standard input')
    .requiredOption('--trace <file>', 'pings that were recorded, .csv or .csv.gz: driver_id,ts_ms,lat,lng[,status,…]')
    .option(
      '--share <share>',
      'of pings that there is room for: the pressure that adaptive policies are tried at',
      shareFrom,
      0.25,
    )
    .option('--sort', 'by time; otherwise in the order of the file', false)
    .addOption(
      new Option('--current <file>', 'what to compare with, JSON; the default policy where nothing is given').conflicts(
        'ops',
      ),
    )
    .option('--ops <url>', 'compare with the policy in force there', urlWith('http:', 'https:'))
    .addOption(
      new Option(
        '--token <token>',
        'with --ops: of role ops; made with the data folder’s secret where none is given',
      ).env('HEXFLEET_TOKEN'),
    )
    .option(
      '--data-dir <dir>',
      'with --ops: the data folder of the Hexfleet',
      (dir) => resolve(dir),
      defaultDataFolder(),
    )
    .addOption(
      new Option('--ttl <duration>', 'for how long positions are shown; silence may last for half of it')
        .argParser(durationWithin('2s', '2h'))
        .default(60_000, '60s'),
    )
    .option('--json', 'as JSON', false)
    .addHelpText(
      'after',
      '\nError: metres between each fix and where riders believe the driver to be once it was decided on, 0 where it was' +
        '\nadmitted. Silence: between admitted pings with shed ones between; gaps of over 5 minutes are left out.',
    )
    .action(tryOver);
}

async function tryOver(file: string, options: TryOptions): Promise<void> {
  if (file === '-' && options.current === '-')
    throw new UserError('Only one of two policies can come on standard input.');
  const bounds = { ttlMs: options.ttl };
  const candidate = await candidatePolicy(file, bounds);
  const current = await currentPolicy(options, bounds);
  const { rows: inFile, unreadable } = readTrace(options.trace);
  if (unreadable.length > 0)
    process.stderr.write(`${unreadable.length} lines name no vehicle or no time, and are left out\n`);
  if (inFile.length === 0) throw new UserError(`${options.trace} holds no pings.`);
  const rows = options.sort ? sortByTime(inFile) : inFile;
  const tried = {
    current: triedOver(rows, current, options.share),
    candidate: triedOver(rows, candidate, options.share),
  };
  const assumed = { trace: options.trace, rows: rows.length, share: options.share };
  const text = options.json
    ? JSON.stringify(trialJson(assumed, tried), null, 2)
    : trialLines(assumed, tried).join('\n');
  process.stdout.write(`${text}\n`);
}

function triedOver(rows: readonly TraceRow[], named: NamedPolicy, assumedShare: number): TriedPolicy {
  const homes = new HomeCells(LAYOUT);
  const partitionOf = (latDeg: number, lngDeg: number) => homes.partitionOf(latDeg, lngDeg);
  const setting = { policy: named.policy, share: assumedShare, partitions: LAYOUT.partitions, partitionOf };
  return { ...named, report: tryPolicy(rows, setting) };
}

function shareFrom(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && value >= 0 && value <= 1) return value;
  throw new InvalidArgumentError('It must be a number from 0 to 1.');
}
