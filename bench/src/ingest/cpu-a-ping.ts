import { type CpuTimes, cpuBetween, readCpuTimes } from '../cpu-time.js';
import { type HexfleetOptions, startHexfleet } from '../services/hexfleet.js';
import { NotTaken, openLoad } from './load.js';
import type { LoadPlan } from './load-plan.js';
import { settledBooks } from './settled-books.js';

export type Way = Omit<LoadPlan, 'url' | 'token' | 'drivers'>;

export interface Measured {
  /** Not counted: each driver comes in once, and the code gets warm. */
  readonly warmUpSeconds: number;
  readonly seconds: number;
}

const ATTEMPTS = 3;
/** A driver pings this often. */
const PING_EVERY_SECONDS = 4;

/** A shared machine may stand still for a second, and then a service refuses what it can't hold: it is measured again. */
export async function insist<Result>(
  measure: () => Promise<Result>,
  onSpoilt: (error: NotTaken) => void,
): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await measure();
    } catch (error) {
      if (attempt === ATTEMPTS || !(error instanceof NotTaken)) throw error;
      onSpoilt(error);
    }
  }
}

/** Microseconds a ping, by process; so below. */
export async function cpuOfHexfleet(
  way: Way,
  measured: Measured,
  options: HexfleetOptions = {},
): Promise<CpuTimes<string>> {
  const hexfleet = await startHexfleet(options);
  const { gatewayUrl, writerUrls, fleetToken } = hexfleet;
  // Who answers riders and operators is idle here, and not counted.
  const { gateway, nats, redis } = hexfleet.pids;
  const writers = Object.fromEntries(
    hexfleet.writerPids.map((pid, i) => [i === 0 ? 'writer' : `writer ${i + 1}`, pid]),
  );
  try {
    const plan = { ...way, url: gatewayUrl, token: fleetToken };
    // What was accepted before a reading must be written before it, or its cost falls outside.
    const settled = () => settledBooks(gatewayUrl, writerUrls);
    return await cpuUnder(plan, { gateway, nats, ...writers, redis }, measured, settled);
  } finally {
    await hexfleet.stop();
  }
}

export async function cpuUnder(
  plan: Omit<LoadPlan, 'drivers'>,
  pids: Readonly<Record<string, number>>,
  { warmUpSeconds, seconds }: Measured,
  settled: () => Promise<void>,
): Promise<CpuTimes<string>> {
  const load = await openLoad({ ...plan, drivers: plan.pingsPerSecond * PING_EVERY_SECONDS });
  try {
    await load.run({ seconds: warmUpSeconds });
    await settled();
    const before = readCpuTimes(pids);
    const { sent } = await load.run({ seconds });
    await settled();
    const times = cpuBetween(before, readCpuTimes(pids));
    return Object.fromEntries(Object.entries(times).map(([name, micros]) => [name, micros / sent]));
  } finally {
    await load.stop();
  }
}

export function partsOf(times: CpuTimes<string>): string {
  return Object.entries(times)
    .map(([name, micros]) => `${name} ${micros.toFixed(1)}`)
    .join(', ');
}
