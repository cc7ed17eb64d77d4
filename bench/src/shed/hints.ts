import { setTimeout as sleep } from 'node:timers/promises';
import { DEFAULT_POLICY, type ShedPolicy } from '@hexfleet/shed-policy';
import { Drill, driversFor } from '../drill/drill.js';
import type { FleetReport } from '../drill/fleet-plan.js';
import type { Span } from '../drill/pressure-watch.js';
import { compared, type Figure } from '../figure.js';
import { SHED_BENCH, type ShedPart } from './part.js';

interface Scale {
  readonly writerLimit: number;
  readonly settleSeconds: number;
  readonly measureSeconds: number;
}

interface Outcome {
  readonly span: Span;
  readonly report: FleetReport;
}

/** Less than elsewhere: each ping is a frame. */
const FULL: Scale = { writerLimit: 500, settleSeconds: 12, measureSeconds: 16 };
const TINY: Scale = { writerLimit: 100, settleSeconds: 0.5, measureSeconds: 0.5 };
const TIMES = 4;
const OBEY = 0.8;
const TTL_MS = 60_000;
const HALF_TTL_MS = TTL_MS / 2;
const BOUNDS: readonly (readonly [string, ShedPolicy['maxSilenceMs']])[] = [
  ['default bounds', DEFAULT_POLICY.maxSilenceMs],
  ['bounds of 30 s', { on_trip: HALF_TTL_MS, en_route: HALF_TTL_MS, available: HALF_TTL_MS, idle: HALF_TTL_MS }],
];

export const HINTS: ShedPart = {
  name: 'hints',
  bound: [
    'At 4× a quarter is admitted. Phones that obey send about what would have been admitted anyway: a fifth of 4× by those',
    'that don’t, and of the others a quarter or less: 0.8 + 0.8 = 1.6 of 4. What they hold back teaches little, and as less is',
    'shed thereby, more of what they send is admitted: errors get no larger. But a hint is never past the bound on silence: on',
    'a trip, 5 s by default, a phone that reads every 4 s holds nothing back. So it is also measured with bounds of 30 s.',
  ],
  run: async ({ tiny, say }) => {
    const scale = tiny ? TINY : FULL;
    return Drill.run({ writerLimit: scale.writerLimit, ttlMs: TTL_MS }, async (drill) => {
      const figures: Figure[] = [];
      for (const [name, maxSilenceMs] of BOUNDS) {
        await drill.operator.change({ maxSilenceMs }, 'bounds for a drill');
        const deaf = await under(drill, `deaf-${maxSilenceMs.on_trip}`, 0, scale);
        const obeying = await under(drill, `obeying-${maxSilenceMs.on_trip}`, OBEY, scale);
        say(`  ${name}, obeyed by none: ${lineOf(deaf)}`);
        say(`  ${name}, by ${OBEY}: ${lineOf(obeying)}`);
        figures.push(...figuresOf(`4×, ${name}, hints obeyed by ${OBEY}`, obeying, deaf));
      }
      return figures;
    });
  },
};

async function under(
  drill: Drill,
  name: string,
  obey: number,
  { writerLimit, settleSeconds, measureSeconds }: Scale,
): Promise<Outcome> {
  const groups = [{ name, drivers: driversFor(TIMES * writerLimit) }];
  const fleet = await drill.openFleet({ groups, obey, pingsAtOnce: 1 });
  fleet.offer(name);
  await sleep(settleSeconds * 1_000);
  await fleet.report();
  const span = await drill.watch.span(measureSeconds);
  const report = await fleet.report();
  await fleet.stop();
  return { span, report };
}

function figuresOf(name: string, obeying: Outcome, deaf: Outcome): Figure[] {
  const beside = (metric: string, unit: string, read: (of: Outcome) => number) => {
    const figure = { bench: SHED_BENCH, case: name, metric, unit, ours: read(obeying) };
    return read(deaf) > 0 ? compared({ ...figure, peer: read(deaf), peerName: 'obeyed by none' }) : figure;
  };
  return [
    beside('offered', 'pings/s', ({ span }) => span.offeredPerSecond),
    beside('position error over all readings, 95th percentile', 'm', ({ report }) => finite(report.error.p95M)),
    beside('position error over all readings, mean', 'm', ({ report }) => finite(report.error.meanM)),
    beside('written', 'pings/s', ({ span }) => span.writtenPerSecond),
    beside('lag, 95th percentile', 's', ({ span }) => span.lagP95Seconds),
  ];
}

/** Of a look at next to no data there may be none. */
function finite(value: number): number {
  return Number.isFinite(value) ? value : 0;
}

function lineOf({ span, report }: Outcome): string {
  const paces = `offered ${span.offeredPerSecond.toFixed(0)}/s, written ${span.writtenPerSecond.toFixed(0)}/s`;
  const { heldBack, error } = report;
  return `${paces}, shed ${span.shedShare.toFixed(2)}, held back ${heldBack}, error p95 ${error.p95M.toFixed(0)} m`;
}
