import { DEFAULT_HYGIENE } from '@hexfleet/ping';
import { AnswerTally } from '@hexfleet/ping-client';
import { sortByTime } from '@hexfleet/trace';
import { type Command, Option } from 'commander';
import { ProgressBar } from '../progress-bar.js';
import { readTrace } from '../replay/read-trace.js';
import { runReplay } from '../replay/replay-run.js';
import { allAnswered, answerLines, grouped } from '../sending/answer-summary.js';
import { aside, GatewayWatch, throwWhatKeptAnswersAway } from '../sending/gateway-watch.js';
import { addTargetOptions, openLanes, type PingTarget } from '../sending/ping-target.js';
import { stopSignal } from '../sending/stop-signal.js';
import { durationWithin, integerBetween, positiveNumber } from './option-values.js';

interface ReplayOptions extends PingTarget {
  readonly speed: number;
  readonly fleets: number;
  readonly sort: boolean;
  /** In ms. */
  readonly maxLag: number;
  readonly json: boolean;
}

export function registerReplay(program: Command): void {
  const command = program
    .command('replay')
    .description('sends a recorded trace as if it happened now: driver_id,ts_ms,lat,lng[,speed_mps,…]')
    .argument('<file>', 'a trace, .csv or .csv.gz')
    .option('--speed <n>', 'divides the gaps between the rows', positiveNumber, 60)
    .option('--fleets <n>', 'sends n vehicles for each one of the trace, moved apart', integerBetween(1, 10_000), 1)
    .option('--sort', 'by time; otherwise in the order of the file', false)
    .addOption(
      new Option('--max-lag <duration>', 'behind by more, it sends the rest as much later, and repeats are none then')
        .argParser(durationWithin('100ms', '60s'))
        .default(2_000, '2s'),
    )
    .option('--json', 'the summary as JSON', false);
  addTargetOptions(command).action(async (path: string, options: ReplayOptions) => {
    process.exitCode = (await replay(path, options)) ? 0 : 1;
  });
}

/** True when all went well: every row was readable, was sent, and got an answer that settles it. */
async function replay(path: string, options: ReplayOptions): Promise<boolean> {
  const { speed, fleets, sort, maxLag: maxLagMs, json } = options;
  const { rows: inFile, unreadable } = readTrace(path);
  for (const { line, text } of unreadable.slice(0, 3)) {
    process.stderr.write(`line ${line} names no vehicle or no time, and is left out: ${text.slice(0, 80)}\n`);
  }
  if (speed > 1) {
    const bound = Math.ceil(DEFAULT_HYGIENE.maxSpeedMps * speed);
    process.stderr.write(
      `Gaps are divided by ${speed}, which multiplies the speeds they imply: a Hexfleet not started with about ` +
        `--max-speed-mps ${bound} calls much of this impossible_jump. (--fleets gives more load at true speed.)\n`,
    );
  }
  const rows = sort ? sortByTime(inFile) : inFile;
  const tally = new AnswerTally();
  const bar = new ProgressBar('replay');
  const stop = stopSignal();
  const watch = new GatewayWatch({ gatewayUrl: options.gateway, stop, say: aside(bar) });
  const lanes = await openLanes(options, tally, watch.noteReply);
  const outcome = await runReplay(rows, { speed, fleets, maxLagMs }, { lanes, tally, bar, stop });
  bar.end();

  const { counts } = tally;
  const { handedOver, heldMs, seconds } = outcome;
  const summary = { rows: inFile.length, unreadable: unreadable.length, ...counts, heldMs, seconds };
  if (json) process.stdout.write(`${JSON.stringify(summary)}\n`);
  else {
    const lines = [`${grouped(inFile.length)} rows in ${seconds.toFixed(1)} s: ${answerLines(counts).join('\n')}`];
    if (unreadable.length > 0) lines.push(`  unreadable ${grouped(unreadable.length)} lines more, which were left out`);
    if (heldMs > 0) lines.push(`  held up for ${(heldMs / 1_000).toFixed(1)} s: the way was slower than the trace`);
    process.stdout.write(`${lines.join('\n')}\n`);
  }
  throwWhatKeptAnswersAway(tally, watch);
  return unreadable.length === 0 && handedOver === rows.length * fleets && allAnswered(counts);
}
