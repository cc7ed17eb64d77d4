/** One axis of a chart: what it shows, with its unit, and from where to where. */
export interface Axis {
  readonly label: string;
  readonly from: number;
  readonly to: number;
  /** Each step multiplies. `from` is above 0 then. */
  readonly isLog?: boolean;
}

const MOST_STEPS = 8;
const STEPS = [1, 2, 5];

/** Where a value lies between two places on the paper. */
export function positionOn({ from, to, isLog = false }: Axis, value: number, start: number, end: number): number {
  const share = isLog ? Math.log(value / from) / Math.log(to / from) : (value - from) / (to - from);
  return start + share * (end - start);
}

/** Round values to mark: 1, 2 or 5 times a power of ten apart, or on a log axis those values themselves. */
export function ticksOf({ from, to, isLog = false }: Axis): number[] {
  return isLog ? logTicks(from, to) : evenTicks(from, to);
}

function evenTicks(from: number, to: number): number[] {
  const least = (to - from) / MOST_STEPS;
  const power = 10 ** Math.floor(Math.log10(least));
  const step = power * (STEPS.find((it) => it * power >= least) ?? 10);
  const first = Math.ceil(from / step - 1e-9);
  const count = Math.floor(to / step + 1e-9) - first + 1;
  return Array.from({ length: count }, (_, index) => rounded((first + index) * step));
}

function logTicks(from: number, to: number): number[] {
  const ticks: number[] = [];
  for (let power = Math.floor(Math.log10(from)); 10 ** power <= to; power++) {
    for (const step of STEPS) ticks.push(rounded(step * 10 ** power));
  }
  const within = ticks.filter((tick) => tick >= from * (1 - 1e-9) && tick <= to * (1 + 1e-9));
  return within.length <= 2 * MOST_STEPS ? within : within.filter((tick) => Number.isInteger(Math.log10(tick)));
}

function rounded(value: number): number {
  return Number(value.toPrecision(12));
}
