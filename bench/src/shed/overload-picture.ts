import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Moment } from '../drill/pressure-watch.js';
import { quantileOf } from '../drill/quantile.js';
import { type LineChart, lineChartSvg, type Series } from '../plot/line-chart.js';

export interface OverloadCurve {
  readonly name: string;
  readonly startedAtMs: number;
  readonly moments: readonly Moment[];
}

/** Paces are taken over so many moments: a writer's beat is as long as one. */
const PACE_MOMENTS = 8;
const LEAST_LAG_SECONDS = 0.05;

/** Draws lag and paces over time, with and without shedding on the same plot, into files of the folder. */
export function drawOverload(curves: readonly [OverloadCurve, OverloadCurve], limit: number, folder: string): void {
  const seconds = Math.max(
    ...curves.map(({ moments, startedAtMs }) => ((moments.at(-1)?.atMs ?? 0) - startedAtMs) / 1e3),
  );
  const x = { label: 'time, s', from: 0, to: seconds };
  const lag = curves.map((curve) => lagOf(curve));
  const paces = [
    paceOf(curves[0], 'offered', ({ received }) => received),
    ...curves.map((curve) => paceOf(curve, `written, ${curve.name}`, ({ written }) => written)),
    ...curves.slice(1).map((curve) => paceOf(curve, 'expired, without', ({ expired }) => expired)),
  ];
  draw(folder, 'shed-overload-lag.svg', {
    title: `Lag while 1, 2, 4 and 10 times ${limit.toLocaleString('en')} pings/s come in`,
    x,
    y: { label: '95th percentile of the lag over partitions, s', from: LEAST_LAG_SECONDS, to: 100, isLog: true },
    series: lag,
  });
  draw(folder, 'shed-overload-written.svg', {
    title: `Pings a second, by a writer that takes ${limit.toLocaleString('en')}`,
    x,
    y: { label: 'pings/s', from: limit / 10, to: 12 * limit, isLog: true },
    series: paces,
  });
}

function lagOf({ name, moments, startedAtMs }: OverloadCurve): Series {
  return {
    name,
    points: moments.map(({ atMs, lagsSeconds }) => [
      (atMs - startedAtMs) / 1_000,
      Math.max(LEAST_LAG_SECONDS, quantileOf(lagsSeconds, 0.95)),
    ]),
  };
}

function paceOf({ moments, startedAtMs }: OverloadCurve, name: string, read: (moment: Moment) => number): Series {
  const points = moments.slice(PACE_MOMENTS).map((moment, index): [number, number] => {
    const before = moments[index] as Moment;
    return [(moment.atMs - startedAtMs) / 1_000, ((read(moment) - read(before)) * 1_000) / (moment.atMs - before.atMs)];
  });
  return { name, points: points.filter(([, pace]) => pace > 0) };
}

function draw(folder: string, file: string, chart: LineChart): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, file), lineChartSvg(chart));
}
