import { setTimeout as sleep } from 'node:timers/promises';
import { stretchOfStatus } from '@hexfleet/load-shedding';
import { STATUSES, type Status } from '@hexfleet/ping';
import { DEFAULT_POLICY, type ShedPolicy } from '@hexfleet/shed-policy';
import type { BenchOptions } from '../bench.js';
import { Drill, driversFor } from '../drill/drill.js';
import type { FleetLoad } from '../drill/fleet-load.js';
import type { FleetReport } from '../drill/fleet-plan.js';
import type { Span } from '../drill/pressure-watch.js';
import { compared, type Figure } from '../figure.js';
import { alone, SHED_BENCH } from './part.js';

type Bounds = ShedPolicy['maxSilenceMs'];

interface Scale {
  readonly writerLimit: number;
  /** Each driver pings twice as often as usual, so that bounds come round twice as often in the time that there is. */
  readonly intervalMs: number;
  readonly settleSeconds: number;
  readonly measureSeconds: number;
}

const FULL: Scale = { writerLimit: 2_000, intervalMs: 2_000, settleSeconds: 25, measureSeconds: 50 };
const TINY: Scale = { writerLimit: 200, intervalMs: 300, settleSeconds: 0.5, measureSeconds: 1.5 };
const TIMES = 10;
/** Within half of the time to live, and such that they need half of what the writer takes. */
const BOUNDS_THAT_FIT: Bounds = { on_trip: 36_000, en_route: 40_000, available: 50_000, idle: 60_000 };
const TTL_MS = 120_000;

/** The longest silences at 10 times what the writer takes, by bounds that fit and by bounds that don't; and inversions. */
export async function silenceRegimes({ tiny, say }: BenchOptions): Promise<Figure[]> {
  const scale = tiny ? TINY : FULL;
  const { writerLimit, intervalMs } = scale;
  const drivers = driversFor(TIMES * writerLimit, intervalMs);
  const groups = [{ name: 'fleet', drivers }];
  return Drill.run({ writerLimit, ttlMs: TTL_MS }, async (drill) => {
    const fleet = await drill.openFleet({ groups, intervalMs });
    const regime = async (name: string, bounds: Bounds) => {
      const { span, report } = await under(drill, fleet, bounds, scale);
      const needed = (neededShare(report, bounds, intervalMs) * span.offeredPerSecond) / writerLimit;
      say(
        `  ${name}: silence ×${span.usualStretch.toFixed(1)}, at most ×${span.silenceStretch.toFixed(1)}, needs ${needed.toFixed(2)} of the limit; ${linesOf(report)}`,
      );
      return [
        alone(name, 'needed by the bounds, of what the writer takes', 'of 1', needed),
        alone(name, 'stretch of silence bounds, median over partitions and time', 'times', span.usualStretch),
        alone(name, 'stretch of silence bounds, at most', 'times', span.silenceStretch),
        alone(name, 'share that the gateway admitted for its own sake, at least', 'of 1', span.ownShare),
        ...silenceFigures(name, report, bounds, span.silenceStretch),
        ...inversionFigures(name, report),
      ];
    };
    return [
      ...(await regime('10×, bounds that fit', BOUNDS_THAT_FIT)),
      ...(await regime('10×, bounds that do not', DEFAULT_POLICY.maxSilenceMs)),
    ];
  });
}

async function under(
  { operator, watch }: Drill,
  fleet: FleetLoad,
  maxSilenceMs: Bounds,
  { settleSeconds, measureSeconds }: Scale,
): Promise<{ span: Span; report: FleetReport }> {
  await operator.change({ maxSilenceMs }, 'bounds for a drill');
  fleet.setBounds(maxSilenceMs);
  fleet.offer('fleet');
  await sleep(settleSeconds * 1_000);
  await fleet.report();
  const span = await watch.span(measureSeconds);
  return { span, report: await fleet.report() };
}

/** Of the pings, those that must be admitted so that each driver is heard at the last ping within its bound. */
function neededShare({ silence }: FleetReport, bounds: Bounds, intervalMs: number): number {
  const pings = STATUSES.reduce((sum, status) => sum + silence[status].pings, 0);
  const share = (status: Status) =>
    silence[status].pings / pings / Math.max(1, Math.floor(bounds[status] / intervalMs));
  return pings === 0 ? 0 : STATUSES.reduce((sum, status) => sum + share(status), 0);
}

function silenceFigures(name: string, { silence }: FleetReport, bounds: Bounds, stretch: number): Figure[] {
  return STATUSES.flatMap((status, index) => {
    const { longestMs, beyondBound, pings } = silence[status];
    const boundMs = bounds[status] * stretchOfStatus(stretch, index);
    const longest = { bench: SHED_BENCH, case: name, metric: `longest silence, ${status}`, unit: 's' };
    return [
      compared({
        ...longest,
        ours: longestMs / 1_000,
        peer: boundMs / 1_000,
        peerName: 'its bound × the stated stretch',
      }),
      alone(
        name,
        `pings of drivers silent beyond their bound, ${status}`,
        'of 1',
        pings === 0 ? 0 : beyondBound / pings,
      ),
    ];
  });
}

function inversionFigures(name: string, { inFrames, inWindows }: FleetReport): Figure[] {
  return [
    alone(name, 'inversions in a frame', 'pings', inFrames.inverted),
    alone(name, 'shed pings that were compared in a frame', 'pings', inFrames.compared),
    alone(name, 'inversions in 200 ms', 'pings', inWindows.inverted),
    alone(name, 'shed pings that were compared in 200 ms', 'pings', inWindows.compared),
  ];
}

function linesOf({ silence }: FleetReport): string {
  return STATUSES.map((status) => `${status} ${(silence[status].longestMs / 1_000).toFixed(0)} s`).join(', ');
}
