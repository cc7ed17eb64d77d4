import type { Ping } from '@hexfleet/ping';
import { DEFAULT_POLICY } from '@hexfleet/shed-policy';
import type { StatusReport } from '@hexfleet/shed-trial';
import type { BenchOptions } from '../bench.js';
import { compared, type Figure } from '../figure.js';
import { drawAccuracy } from './accuracy-picture.js';
import { BASELINES, tunedTo } from './baselines.js';
import { type Fleet, RECORDED_FLEETS, SIMULATED_FLEETS, TINY_FLEETS } from './fleets.js';
import { alone, SHED_BENCH, type ShedPart } from './part.js';
import { shedTo } from './shed-to.js';
import { shareForBounds, WITHOUT_BOUNDS } from './silence-bounds.js';

const QUARTER = 0.25;

export const ACCURACY: ShedPart = {
  name: 'accuracy',
  bound: [
    'A taxi at 8 m/s that is heard of once in 240 s instead of 60 s is off by up to 1.4 km as the crow flies, and by chance',
    'some are not heard of for 1,000 s: 4 km. Choosing by distance spreads the same number of pings so that all are equally',
    'wrong: about a fifth of that. Carrying on along the heading for 30 s wins what is driven straight on, some 200 m of it.',
  ],
  run: async (options) => {
    const fleets = options.tiny ? TINY_FLEETS : [...RECORDED_FLEETS, ...SIMULATED_FLEETS];
    return fleets.flatMap((fleet) => accuracyOf(fleet, options));
  },
};

function accuracyOf(fleet: Fleet, { say, pictures }: BenchOptions): Figure[] {
  const fixes = fleet.load();
  if (fixes === undefined) {
    say(`  ${fleet.name}: skipped, its trace is not in the folder that HEXFLEET_TRACES names`);
    return [];
  }
  say(`  ${fleet.name}: ${fixes.length.toLocaleString('en')} fixes`);
  if (pictures !== undefined) drawAccuracy(fleet, fixes, pictures);
  return [...unbounded(fleet.name, fixes, say), ...bounded(fleet.name, fixes, say)];
}

/** The real shedder with nothing tuned by hand, and the others tuned to as many pings as it admits. */
function unbounded(name: string, fixes: readonly Ping[], say: BenchOptions['say']): Figure[] {
  const ours = shedTo(QUARTER, fixes, WITHOUT_BOUNDS);
  const figures = besideBaselines(`${name}, no silence bounds`, fixes, ours, say);
  if (ours.unknown > 0) say(`    ${ours.unknown} fixes of drivers not yet heard of have no error and are left out`);
  return figures;
}

function bounded(name: string, fixes: readonly Ping[], say: BenchOptions['say']): Figure[] {
  const needed = shareForBounds(fixes, DEFAULT_POLICY.maxSilenceMs);
  const neededFigure = alone(name, 'share of pings that the silence bounds need', 'of 1', needed);
  if (needed > QUARTER) {
    say(`    the silence bounds alone need ${(100 * needed).toFixed(0)}% of its pings: not measured with them`);
    return [neededFigure];
  }
  const ours = shedTo(QUARTER, fixes, DEFAULT_POLICY);
  return [neededFigure, ...besideBaselines(`${name}, with silence bounds`, fixes, ours, say)];
}

function besideBaselines(name: string, fixes: readonly Ping[], ours: StatusReport, say: BenchOptions['say']): Figure[] {
  const admitted = ours.pings - ours.shed;
  const figures = BASELINES.map((baseline) => {
    const run = tunedTo(baseline, fixes, admitted);
    const { p95M } = run.errors.summary();
    say(`    ${baseline}: ${run.admitted.toLocaleString('en')} admitted, ours ${admitted.toLocaleString('en')}`);
    const metric = 'p95 of the position error at as many pings';
    const figure = { bench: SHED_BENCH, case: name, metric, unit: 'm', ours: ours.error.p95M };
    return compared({ ...figure, peer: p95M, peerName: baseline });
  });
  return [
    ...figures,
    alone(name, 'share admitted', 'of 1', admitted / ours.pings),
    alone(name, 'mean position error', 'm', ours.error.meanM),
    alone(name, 'longest silence', 's', ours.longestSilenceMs / 1_000),
  ];
}
