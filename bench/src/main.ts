import { Command, InvalidArgumentError, Option } from 'commander';
import type { Bench, BenchOptions } from './bench.js';
import { type Figure, tableOf, writeFigures } from './figure.js';
import { INGEST } from './ingest/ingest.js';
import { NotMeasurable, provideMeasurableServers } from './measurable-servers.js';
import { NEARBY } from './nearby/nearby.js';
import { SHED } from './shed/shed.js';
import { STORE } from './store/store.js';
import { WRITERS } from './writers/writers.js';

const BENCHES: readonly Bench[] = [STORE, INGEST, WRITERS, NEARBY, SHED];

const program = new Command('bench')
  .description('Measures Hexfleet beside its peers in one run; the ratios are what counts. Linux only.')
  .helpCommand(false);
for (const bench of BENCHES) {
  const command = program
    .command(bench.name)
    .description(bench.summary)
    .option(
      '--json <file>',
      'write the figures there, as a list of {bench, case, metric, unit, ours, peer, peerName, ratio}',
    )
    .option('--rounds <n>', 'measure each side so often, by turns, and tell the median', readRounds, 3)
    .option('--tiny', 'run it on next to no data: shows that it works, measures nothing', false)
    .action((flags) => runBench(bench, { pace: 1, ...flags }));
  if (bench.hasPace)
    command.option(
      '--pace <share>',
      'offer this share of the stated pings a second, where the machine is slow',
      readShare,
    );
  if (bench.parts !== undefined)
    command.addOption(new Option('--part <name>', 'run this part alone').choices(bench.parts));
  if (bench.hasPictures) command.option('--pictures <dir>', 'draw curves as SVG files there; takes some minutes more');
}
try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof NotMeasurable)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}

async function runBench(bench: Bench, flags: Omit<BenchOptions, 'say'> & { readonly json?: string }): Promise<void> {
  const say = (line: string) => process.stderr.write(`${line}\n`);
  await provideMeasurableServers(say);
  process.stdout.write(`${bench.name}: ${bench.summary}\n\nThe bound, on the back of an envelope:\n`);
  for (const line of bench.bound) process.stdout.write(`  ${line}\n`);
  const figures: readonly Figure[] = await bench.run({ ...flags, say });
  process.stdout.write(`\n${tableOf(figures)}\n`);
  if (flags.json !== undefined) writeFigures(flags.json, figures);
}

function readRounds(text: string): number {
  const rounds = Number(text);
  if (!Number.isInteger(rounds) || rounds < 1 || rounds > 99) throw new InvalidArgumentError('between 1 and 99');
  return rounds;
}

function readShare(text: string): number {
  const share = Number(text);
  if (!(share >= 0.05 && share <= 1)) throw new InvalidArgumentError('between 0.05 and 1');
  return share;
}
