/**
 * What others do to send less, each with one number that says how much:
 *
 *   random     a ping is admitted by chance, with the probability given
 *   interval   once so long after the driver's last admitted one: rate limits
 *   distance   once so far from the driver's last admitted one: distance filters of trackers
 *
 * A driver's first ping is always admitted, and readers believe that it stays where it was last admitted. Position errors
 * are those of shed-trial: metres between every fix and what is believed once it was decided on.
 *
 * Each is tuned so that it admits a given number of pings. A trace's times and places are the same again and again, so that
 * many pings lie exactly on a threshold; a coin thrown for each ping, worth less than a unit, decides on those.
 */
import { distanceM, type LatLng } from '@hexfleet/geodesy';
import type { Ping } from '@hexfleet/ping';
import { ErrorSample } from '@hexfleet/shed-trial';

export const BASELINES = ['drop at random', 'fixed interval', 'fixed distance'] as const;
export type Baseline = (typeof BASELINES)[number];

interface LastAdmitted extends LatLng {
  readonly capturedAtMs: number;
}

/** How eagerly a ping is to be admitted, in the baseline's own unit: it is, from a threshold on. */
type Eagerness = (ping: Ping, last: LastAdmitted, coin: number) => number;

const EAGERNESS: Readonly<Record<Baseline, Eagerness>> = {
  'drop at random': (_ping, _last, coin) => coin,
  'fixed interval': (ping, last, coin) => ping.capturedAtMs - last.capturedAtMs + coin,
  'fixed distance': (ping, last, coin) => distanceM(ping, last) + coin / 1_000,
};
/** No threshold worth looking at lies above: a chance, a day in ms, a way round the earth. */
const HIGHEST: Readonly<Record<Baseline, number>> = {
  'drop at random': 1,
  'fixed interval': 86_400_000,
  'fixed distance': 40_000_000,
};
const HALVINGS = 60;

export interface Run {
  readonly admitted: number;
  readonly errors: ErrorSample;
}

/** The baseline at the threshold at which it admits the given number of pings, or as near to it as `tolerance` asks. */
export function tunedTo(baseline: Baseline, fixes: readonly Ping[], admitted: number, tolerance = 0): Run {
  const coins = coinsFor(fixes.length);
  let [low, high] = [0, HIGHEST[baseline]];
  let nearest: { run: Run; off: number } | undefined;
  for (let halving = 0; halving < HALVINGS; halving++) {
    const threshold = (low + high) / 2;
    const run = runAt(baseline, fixes, threshold, coins);
    const off = Math.abs(run.admitted - admitted);
    if (nearest === undefined || off < nearest.off) nearest = { run, off };
    if (off <= tolerance * admitted) break;
    if (run.admitted > admitted) low = threshold;
    else high = threshold;
  }
  return (nearest as { run: Run }).run;
}

function runAt(baseline: Baseline, fixes: readonly Ping[], threshold: number, coins: Float64Array): Run {
  const eagerness = EAGERNESS[baseline];
  const lastOf = new Map<string, LastAdmitted>();
  const errors = new ErrorSample();
  let admitted = 0;
  for (const [index, ping] of fixes.entries()) {
    const last = lastOf.get(ping.driverId);
    if (last === undefined || eagerness(ping, last, coins[index] as number) >= threshold) {
      admitted++;
      lastOf.set(ping.driverId, ping);
      errors.add(0);
    } else errors.add(distanceM(ping, last));
  }
  return { admitted, errors };
}

/** The same ones in each run, so that a higher threshold admits fewer: D. Lehmer's generator with Park and Miller's factor. */
function coinsFor(count: number): Float64Array {
  const coins = new Float64Array(count);
  let state = 1;
  for (let index = 0; index < count; index++) {
    state = (state * 48_271) % 2_147_483_647;
    coins[index] = state / 2_147_483_647;
  }
  return coins;
}
