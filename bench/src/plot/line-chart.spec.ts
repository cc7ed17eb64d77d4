import { describe, expect, it } from '@jest/globals';
import { positionOn, ticksOf } from './axis.js';
import { lineChartSvg } from './line-chart.js';

describe('an axis', () => {
  it('is marked at round values within it', () => {
    expect(ticksOf({ label: '', from: 0, to: 1 })).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
    expect(ticksOf({ label: '', from: 3, to: 47 })).toEqual([10, 20, 30, 40]);
    expect(ticksOf({ label: '', from: 5, to: 1_200, isLog: true })).toEqual([5, 10, 20, 50, 100, 200, 500, 1_000]);
    expect(ticksOf({ label: '', from: 1, to: 1e8, isLog: true })).toEqual([1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8]);
  });

  it('multiplies by the same factor over the same way when it is logarithmic', () => {
    const axis = { label: '', from: 1, to: 100, isLog: true };
    expect([1, 10, 100].map((value) => positionOn(axis, value, 20, 0))).toEqual([20, 10, 0]);
    expect(positionOn({ label: '', from: 0, to: 4 }, 1, 0, 100)).toBe(25);
  });
});

describe('a line chart', () => {
  const svg = lineChartSvg({
    title: 'error < share & more',
    x: { label: 'share admitted', from: 0, to: 1 },
    y: { label: 'error, m', from: 1, to: 100, isLog: true },
    series: [
      {
        name: 'ours',
        points: [
          [0, 100],
          [0.5, 10],
          [0.7, Number.NaN],
          [1, 1],
        ],
      },
      {
        name: 'theirs',
        points: [
          [0, 50],
          [1, 50],
        ],
      },
    ],
  });

  it('draws a line a series, without points that are no numbers, and names each', () => {
    const ways = [...svg.matchAll(/points="([^"]*)"/g)].map(([, way]) => way);
    expect(ways).toEqual(['72,48 386,216 700,384', '72,98.6 700,98.6']);
    for (const words of ['>ours<', '>theirs<', '>share admitted<', '>error, m<']) expect(svg).toContain(words);
  });

  it('is well formed whatever the texts are', () => {
    expect(svg).toContain('error &lt; share &amp; more');
    const open: string[] = [];
    for (const [, close, name, alone] of svg.matchAll(/<(\/?)([a-zA-Z]+)[^>]*?(\/?)>/g)) {
      if (close === '/') expect(open.pop()).toBe(name);
      else if (alone !== '/') open.push(name as string);
    }
    expect(open).toEqual([]);
  });
});
