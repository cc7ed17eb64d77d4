/**
 * Line charts as SVG text, for the few pictures that benches draw. Written by hand: packages that draw SVG either need a
 * browser or a stand-in for one (Observable Plot, Chartist), or bring megabytes for one polyline (ECharts, Vega).
 */
import { type Axis, positionOn, ticksOf } from './axis.js';

export interface Series {
  readonly name: string;
  /** In the axes' units, from left to right. Points that aren't finite are left out. */
  readonly points: readonly (readonly [x: number, y: number])[];
}

export interface LineChart {
  readonly title: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly series: readonly Series[];
}

const [WIDTH, HEIGHT] = [720, 440];
const [LEFT, RIGHT, TOP, BOTTOM] = [72, 700, 48, 384];
const LEGEND_ROW = 18;
/** Told apart by those who see red and green alike. Source: M. Okabe, K. Ito, "Color Universal Design" (2008). */
const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#000000'];
const DASHES = ['', '7 3', '2 3', '9 3 2 3', '4 4', '12 4', '1 5'];

/** The chart as a complete SVG document. Its text is as dark as is readable on white; the background is white. */
export function lineChartSvg({ title, x, y, series }: LineChart): string {
  const atX = (value: number) => positionOn(x, value, LEFT, RIGHT);
  const atY = (value: number) => positionOn(y, value, BOTTOM, TOP);
  const lines = series.map(({ points }, index) => {
    const drawn = points.filter((point) => point.every(Number.isFinite));
    const way = drawn.map(([px, py]) => `${short(atX(px))},${short(atY(py))}`).join(' ');
    return `<polyline ${strokeOf(index)} clip-path="url(#plot)" points="${way}"/>`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" ` +
      'font-family="sans-serif" font-size="12" fill="#222">',
    `<title>${escaped(title)}</title>`,
    `<clipPath id="plot"><rect x="${LEFT}" y="${TOP}" width="${RIGHT - LEFT}" height="${BOTTOM - TOP}"/></clipPath>`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    text((LEFT + RIGHT) / 2, 26, title, 'text-anchor="middle" font-size="15"'),
    ...ticksOf(x).flatMap((tick) => [
      rule(atX(tick), TOP, atX(tick), BOTTOM),
      text(atX(tick), BOTTOM + 18, label(tick), 'text-anchor="middle"'),
    ]),
    ...ticksOf(y).flatMap((tick) => [
      rule(LEFT, atY(tick), RIGHT, atY(tick)),
      text(LEFT - 8, atY(tick) + 4, label(tick), 'text-anchor="end"'),
    ]),
    text((LEFT + RIGHT) / 2, HEIGHT - 18, x.label, 'text-anchor="middle"'),
    text(0, 0, y.label, `text-anchor="middle" transform="translate(18 ${(TOP + BOTTOM) / 2}) rotate(-90)"`),
    ...lines,
    ...legendOf(series, (point) => [atX(point[0]), atY(point[1])]),
    '</svg>\n',
  ].join('\n');
}

type Place = (point: readonly [number, number]) => readonly [number, number];

/** In that corner where it covers the least. */
function legendOf(series: readonly Series[], placeOf: Place): string[] {
  const width = 56 + 7 * Math.max(0, ...series.map(({ name }) => name.length));
  const height = LEGEND_ROW * series.length + 6;
  const points = series.flatMap((one) => one.points.map(placeOf));
  const covered = ([left, top]: readonly [number, number]) =>
    points.filter(([x, y]) => x > left && x < left + width && y > top && y < top + height).length;
  const corners = [TOP + 6, BOTTOM - height - 6].flatMap((top) =>
    [RIGHT - width, LEFT + 8].map((left) => [left, top] as const),
  );
  const [left, top] = corners.toSorted((a, b) => covered(a) - covered(b))[0] as readonly [number, number];
  return [
    `<rect x="${left}" y="${top}" width="${width}" height="${height}" fill="#fff" fill-opacity="0.85"/>`,
    ...series.flatMap(({ name }, index) => {
      const middle = top + 12 + LEGEND_ROW * index;
      return [
        `<line ${strokeOf(index)} x1="${left + 8}" y1="${middle}" x2="${left + 36}" y2="${middle}"/>`,
        text(left + 44, middle + 4, name, ''),
      ];
    }),
  ];
}

function strokeOf(index: number): string {
  const colour = COLOURS[index % COLOURS.length];
  return `fill="none" stroke="${colour}" stroke-width="2" stroke-dasharray="${DASHES[index % DASHES.length]}"`;
}

function rule(x1: number, y1: number, x2: number, y2: number): string {
  return `<line stroke="#ddd" x1="${short(x1)}" y1="${short(y1)}" x2="${short(x2)}" y2="${short(y2)}"/>`;
}

function text(x: number, y: number, content: string, attributes: string): string {
  return `<text x="${short(x)}" y="${short(y)}" ${attributes}>${escaped(content)}</text>`;
}

function label(tick: number): string {
  return tick.toLocaleString('en', { maximumFractionDigits: 6 });
}

function short(value: number): string {
  return String(Math.round(value * 10) / 10);
}

function escaped(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
