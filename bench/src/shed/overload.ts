import { setTimeout as sleep } from 'node:timers/promises';
import type { BenchOptions } from '../bench.js';
import { Drill, driversFor } from '../drill/drill.js';
import type { FleetLoad } from '../drill/fleet-load.js';
import type { Span } from '../drill/pressure-watch.js';
import { compared, type Figure } from '../figure.js';
import { drawOverload, type OverloadCurve } from './overload-picture.js';
import { alone, SHED_BENCH, type ShedPart } from './part.js';

/** Times what the writer takes. */
const STEPS = [1, 2, 4, 10] as const;

interface Scale {
  readonly writerLimit: number;
  readonly settleSeconds: number;
  readonly measureSeconds: number;
  /** Steps that are also run without shedding: later ones only show more of the same. */
  readonly stepsWithout: number;
}

const FULL: Scale = { writerLimit: 2_000, settleSeconds: 10, measureSeconds: 20, stepsWithout: 3 };
const TINY: Scale = { writerLimit: 200, settleSeconds: 0.5, measureSeconds: 0.5, stepsWithout: 2 };
/** Defaults need 50 s: no bound on silence may be longer than half of it. */
const TTL_MS = 60_000;

export const OVERLOAD: ShedPart = {
  name: 'overload',
  bound: [
    'Offered n times what the writer takes, it takes all that it can while something always waits: 100% of the limit, less',
    'what a partition is short of between two of the writer’s beats. At 1× there are 1 or 2% of cars without a driver, and',
    'nothing to shed. Lag: the target of 0.5 s, held by a loop that hears of the queue five times a second, and by a writer',
    'that takes whole batches: some 30% to either side. Without shedding the queue grows by 1 − 1/n seconds a second: at 2×',
    'half a minute makes 15 s, at 4× one more 22 s; past the time to live, 60 s, it is expired and written for nobody.',
  ],
  run: async (options) => {
    const scale = options.tiny ? TINY : FULL;
    const groups = STEPS.map((times, index) => {
      const more = (times - (STEPS[index - 1] ?? 0)) * scale.writerLimit;
      return { name: `to${times}`, drivers: driversFor(more) };
    });
    const { writerLimit } = scale;
    const [shedding, without] = await Drill.run({ writerLimit, ttlMs: TTL_MS }, async (drill) => {
      const fleet = await drill.openFleet({ groups });
      const first = await stepsOf(drill, fleet, scale, true, options.say);
      fleet.offer();
      await sleep(scale.settleSeconds * 1_000);
      return [first, await stepsOf(drill, fleet, scale, false, options.say)];
    });
    if (options.pictures !== undefined) drawOverload([shedding, without], writerLimit, options.pictures);
    return shedding.spans.flatMap((span, index) => figuresOf(index, span, without.spans[index], scale));
  },
};

async function stepsOf(
  { watch, operator }: Drill,
  fleet: FleetLoad,
  { settleSeconds, measureSeconds, stepsWithout }: Scale,
  isShedding: boolean,
  say: BenchOptions['say'],
): Promise<OverloadCurve & { readonly spans: readonly Span[] }> {
  const name = isShedding ? 'with shedding' : 'without';
  if (!isShedding) await operator.change({ mode: 'off' }, 'what happens without');
  const startedAtMs = Date.now();
  const spans: Span[] = [];
  for (const [index, times] of STEPS.slice(0, isShedding ? STEPS.length : stepsWithout).entries()) {
    fleet.offer(...STEPS.slice(0, index + 1).map((step) => `to${step}`));
    await sleep(settleSeconds * 1_000);
    const span = await watch.span(measureSeconds);
    say(`  ${times}×, ${name}: ${lineOf(span)}`);
    spans.push(span);
  }
  const moments = watch.moments.filter(({ atMs }) => atMs >= startedAtMs);
  return { name, moments, startedAtMs, spans };
}

function lineOf(span: Span): string {
  const { offeredPerSecond, writtenPerSecond, lagP50Seconds, lagP95Seconds, usualStretch, silenceStretch } = span;
  const paces = `offered ${offeredPerSecond.toFixed(0)}/s, written ${writtenPerSecond.toFixed(0)}/s`;
  const lag = `lag ${lagP50Seconds.toFixed(2)} s, p95 ${lagP95Seconds.toFixed(2)} s`;
  return `${paces}, ${lag}, silence ×${usualStretch.toFixed(1)}, at most ×${silenceStretch.toFixed(1)}`;
}

function figuresOf(index: number, span: Span, without: Span | undefined, { writerLimit }: Scale): Figure[] {
  const name = `${STEPS[index]} × what the writer takes`;
  const possible = Math.min(writerLimit, span.offeredPerSecond);
  const beside = (metric: string, unit: string, read: (of: Span) => number) => {
    const figure = { bench: SHED_BENCH, case: name, metric, unit, ours: read(span) };
    return without === undefined || read(without) === 0
      ? figure
      : compared({ ...figure, peer: read(without), peerName: 'without shedding' });
  };
  return [
    alone(
      name,
      'written, of the limit or what was offered',
      'of 1',
      possible > 0 ? span.writtenPerSecond / possible : 0,
    ),
    beside('lag, median over partitions and time', 's', ({ lagP50Seconds }) => lagP50Seconds),
    beside('lag, 95th percentile', 's', ({ lagP95Seconds }) => lagP95Seconds),
    alone(name, 'shed, of what was offered', 'of 1', span.shedShare),
    alone(name, 'stretch of silence bounds, median over partitions and time', 'times', span.usualStretch),
    alone(name, 'share that the gateway admitted for its own sake, at least', 'of 1', span.ownShare),
    alone(name, 'stretch of silence bounds, at most', 'times', span.silenceStretch),
  ];
}
