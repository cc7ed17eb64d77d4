import { FleetSimulation } from '@hexfleet/fleet-simulation';
import { AnswerTally, type GatewayReply, type SentFrame } from '@hexfleet/ping-client';
import { parseDurationMs } from '@hexfleet/settings';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { ProgressBar } from '../progress-bar.js';
import { allAnswered, answerLines, grouped } from '../sending/answer-summary.js';
import { aside, GatewayWatch, throwWhatKeptAnswersAway } from '../sending/gateway-watch.js';
import { addTargetOptions, connectionsForLonePings, openLanes, type PingTarget } from '../sending/ping-target.js';
import { stopSignal } from '../sending/stop-signal.js';
import { givenToken, tokenFrom } from '../sending/token-target.js';
import { LonePhones } from '../simulate/lone-phones.js';
import { ObedientFleet } from '../simulate/obedient-fleet.js';
import { runSimulation } from '../simulate/simulate-run.js';
import { writeTrace } from '../simulate/write-trace.js';
import { UserError } from '../user-error.js';
import { durationWithin, integerBetween, positiveNumber } from './option-values.js';

interface SimulateOptions extends PingTarget {
  readonly drivers: number;
  readonly interval: number;
  readonly duration: number;
  readonly seed: number;
  readonly center: { readonly latDeg: number; readonly lngDeg: number };
  readonly radius: number;
  /** Of the drivers. */
  readonly obey: number;
  readonly idPrefix: string;
  readonly csv?: string;
  readonly json: boolean;
}

/** A trace begins at 2026-01-01 00:00 UTC, whenever it is made, so that the same seed gives the same file. */
const TRACE_START_MS = 1_767_225_600_000;
const SAN_FRANCISCO = { latDeg: 37.7749, lngDeg: -122.4194 };

export function registerSimulate(program: Command): void {
  const command = program
    .command('simulate')
    .description('a fleet of believable cars that drives, and pings, in real time')
    .option('--drivers <n>', 'how many cars', integerBetween(1, 5_000_000), 10_000)
    .addOption(
      new Option('--interval <duration>', 'between two pings of a driver')
        .argParser(durationWithin('100ms', '1h'))
        .default(4_000, '4s'),
    )
    .addOption(
      new Option('--duration <duration>', 'how long; forever (or 0) means until it is stopped')
        .argParser(durationOrForever)
        .default(60_000, '60s'),
    )
    .option('--seed <n>', 'the same seed gives the same fleet', integerBetween(0, 0xffff_ffff), 1)
    .addOption(
      new Option('--center <lat,lng>', 'where they drive').argParser(place).default(SAN_FRANCISCO, '37.7749,-122.4194'),
    )
    .option('--radius <m>', 'how far around that, in metres', positiveNumber, 6_000)
    .option(
      '--obey <share>',
      'of the drivers, 0 to 1, ping only when the gateway’s hints say that it is worth it',
      share,
      0,
    )
    .option('--id-prefix <text>', 'what driver ids begin with', idPrefix, 'sim-')
    .option('--csv <file>', 'writes a trace (.csv or .csv.gz) in place of sending')
    .option('--json', 'the summary as JSON', false);
  addTargetOptions(command).action(async (given: SimulateOptions) => {
    const options = { ...given, ...(given.obey > 0 && lonePings(given, command.getOptionValueSource('batch'))) };
    const wentWell = options.csv === undefined ? await simulate(options) : await record(options, options.csv);
    process.exitCode = wentWell ? 0 : 1;
  });
}

/**
 * How pings travel where hints are obeyed: each in a frame of its own, over as many connections as that takes.
 * @throws UserError when something else was asked for.
 */
function lonePings(
  options: SimulateOptions,
  batchSource: string | undefined,
): Pick<PingTarget, 'batch' | 'connections'> {
  if (batchSource === 'cli' && options.batch > 1) {
    throw new UserError(
      'An answer has one hint for all the pings of its frame, so --obey sends each in its own: leave out --batch.',
    );
  }
  if (options.csv !== undefined)
    throw new UserError('A trace is written without answers: --csv has no hints to --obey.');
  const pingsPerSecond = (options.drivers * 1_000) / options.interval;
  return { batch: 1, connections: options.connections ?? connectionsForLonePings(options, pingsPerSecond) };
}

/** True when every ping got an answer that settles it. */
async function simulate(options: SimulateOptions): Promise<boolean> {
  const { drivers, duration, json, gateway: gatewayUrl, retries, dataDir, obey, batch } = options;
  const stop = stopSignal();
  const startMs = Date.now();
  const simulation = fleetOf(options, startMs);
  const tally = new AnswerTally();
  const bar = new ProgressBar('simulate');
  const watch = new GatewayWatch({ gatewayUrl, stop, say: aside(bar) });
  const obedient = new ObedientFleet({ share: obey, intervalMs: options.interval, maxPhones: 2 * drivers });
  const onReply = (sent: SentFrame, reply: GatewayReply): void => {
    watch.noteReply(sent, reply);
    obedient.noteReply(sent, reply);
  };
  const lanes = await openLanes(options, tally, onReply);
  const tokenOf = (driverId: string) => tokenFrom(dataDir, { subject: driverId, role: 'driver' });
  const lone = { gatewayUrl, retries, tally, tokenOf, batch, onReply };
  const lonePhones = givenToken(options) === undefined ? new LonePhones(lone) : undefined;
  const outcome = await runSimulation({ simulation, lanes, lonePhones, obedient, tally, bar, stop }, startMs, duration);
  bar.end();

  const { counts } = tally;
  const { seconds, heldMs } = outcome;
  const { heldBack } = obedient;
  if (json) process.stdout.write(`${JSON.stringify({ drivers, seconds, heldMs, heldBack, ...counts })}\n`);
  else {
    const head = `${grouped(drivers)} drivers for ${seconds.toFixed(1)} s: `;
    const lines = answerLines(counts);
    if (heldBack > 0) lines.push(`  held back ${grouped(heldBack)} more, as the gateway's hints said`);
    process.stdout.write(`${head}${lines.join('\n')}\n`);
  }
  throwWhatKeptAnswersAway(tally, watch);
  return allAnswered(counts);
}

/** True when the whole trace was written. */
async function record(options: SimulateOptions, path: string): Promise<boolean> {
  const { duration: durationMs, drivers, json } = options;
  if (!Number.isFinite(durationMs)) throw new UserError('A trace comes to an end: give --csv a --duration.');
  const stop = stopSignal();
  const startMs = TRACE_START_MS;
  const bar = new ProgressBar('simulate');
  const rows = await writeTrace(fleetOf(options, startMs), path, { startMs, durationMs, bar, stop });
  bar.end();
  const text = json ? JSON.stringify({ drivers, rows, file: path }) : `${grouped(rows)} rows in ${path}`;
  process.stdout.write(`${text}\n`);
  return !stop.aborted;
}

function fleetOf(options: SimulateOptions, startMs: number): FleetSimulation {
  const { seed, drivers, interval: intervalMs, center, radius: radiusM, idPrefix } = options;
  try {
    return new FleetSimulation({ seed, drivers, intervalMs, startMs, center, radiusM, idPrefix });
  } catch (error) {
    if (error instanceof RangeError) throw new UserError(`No fleet can drive there: ${error.message}.`);
    throw error;
  }
}

function durationOrForever(text: string): number {
  const valueMs = text === 'forever' ? 0 : parseDurationMs(text);
  if (valueMs === undefined) throw new InvalidArgumentError('It must be a duration such as 60s or 2h, or forever.');
  return valueMs === 0 ? Number.POSITIVE_INFINITY : valueMs;
}

function share(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && value >= 0 && value <= 1) return value;
  throw new InvalidArgumentError('It must be a number from 0 to 1.');
}

/** Short enough for a number behind it, within the 64 characters of an id. */
function idPrefix(text: string): string {
  if (/^[A-Za-z0-9_.:-]{1,40}$/.test(text)) return text;
  throw new InvalidArgumentError('It must be 1 to 40 of A-Z, a-z, 0-9, _ . : and -.');
}

function place(text: string): SimulateOptions['center'] {
  const [, lat, lng] = /^(-?\d+(?:\.\d+)?),(-?\d+(?:\.\d+)?)$/.exec(text) ?? [];
  if (lat === undefined || lng === undefined)
    throw new InvalidArgumentError('It must be lat,lng such as 37.7749,-122.4194.');
  return { latDeg: Number(lat), lngDeg: Number(lng) };
}
