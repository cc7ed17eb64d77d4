import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Ping } from '@hexfleet/ping';
import { lineChartSvg, type Series } from '../plot/line-chart.js';
import { BASELINES, tunedTo } from './baselines.js';
import type { Fleet } from './fleets.js';
import { shedTo } from './shed-to.js';
import { WITHOUT_BOUNDS } from './silence-bounds.js';

/** At 0.95 and more, the 95th percentile is an admitted fix: no error. */
const SHARES = [0.05, 0.075, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];
/** Of the number admitted: a picture shows no finer. */
const TOLERANCE = 0.003;

/** Draws position error against the share admitted, ours beside the baselines, into a file of the folder. */
export function drawAccuracy({ key, name }: Fleet, fixes: readonly Ping[], folder: string): void {
  const ours: [number, number][] = [];
  const theirs = BASELINES.map((baseline) => ({ name: baseline, points: [] as [number, number][] }));
  for (const share of SHARES) {
    const { pings, shed, error } = shedTo(share, fixes, WITHOUT_BOUNDS);
    const admitted = pings - shed;
    ours.push([admitted / pings, error.p95M]);
    for (const { name: baseline, points } of theirs) {
      const run = tunedTo(baseline, fixes, admitted, TOLERANCE);
      points.push([run.admitted / pings, run.errors.summary().p95M]);
    }
  }
  const svg = lineChartSvg({
    title: `${name}: position error, by the share of pings admitted`,
    x: { label: 'share of pings admitted', from: 0, to: 1 },
    y: {
      label: '95th percentile of the position error, m',
      ...rangeOf([{ name, points: ours }, ...theirs]),
      isLog: true,
    },
    series: [{ name: 'Hexfleet', points: ours }, ...theirs],
  });
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `shed-accuracy-${key}.svg`), svg);
}

function rangeOf(series: readonly Series[]): { from: number; to: number } {
  const errorsM = series.flatMap(({ points }) => points.map(([, errorM]) => errorM)).filter((errorM) => errorM > 0);
  return { from: Math.min(...errorsM), to: Math.max(...errorsM) };
}
