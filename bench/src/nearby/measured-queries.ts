import { cpuBetween, readCpuTimes, totalOf } from '../cpu-time.js';
import { askAround, type Place } from './queries.js';

const AT_ONCE = 32;

export interface MeasuredQueries {
  readonly perSecond: number;
  /** Microseconds of the processes named. */
  readonly microsAQuery: number;
}

/** Asks for so long, and for a quarter of it before, not counted. */
export async function measureQueries(
  pids: Readonly<Record<string, number>>,
  seconds: number,
  ask: (place: Place) => Promise<unknown>,
): Promise<MeasuredQueries> {
  await askAround(seconds / 4, AT_ONCE, ask);
  const before = readCpuTimes(pids);
  const { perSecond, queries } = await askAround(seconds, AT_ONCE, ask);
  return { perSecond, microsAQuery: totalOf(cpuBetween(before, readCpuTimes(pids))) / queries };
}
