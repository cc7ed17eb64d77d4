import { type Place, somewhere } from './queries.js';

export interface Found {
  readonly driverId: string;
  readonly distanceM: number;
}

/** Redis keeps places to about half a metre, and its sphere is 0.03% larger than ours. */
const TOLERANCE_M = 1.5;
const TOLERANCE_SHARE = 0.0006;

/**
 * Asks both the same questions. The answers are the same when distances agree rank by rank, and the drivers too, except
 * where two of them are equally far within the tolerance.
 * @throws Error at the first that differ.
 */
export async function assertSameAnswers(
  questions: number,
  k: number,
  askOne: (place: Place) => Promise<readonly Found[]>,
  askOther: (place: Place) => Promise<readonly Found[]>,
): Promise<void> {
  for (let i = 0; i < questions; i++) {
    const place = somewhere();
    const [one, other] = await Promise.all([askOne(place), askOther(place)]);
    if (one.length !== k || !isSame(one, other)) {
      throw new Error(`other answers at ${JSON.stringify(place)}: ${JSON.stringify(one)} and ${JSON.stringify(other)}`);
    }
  }
}

function isSame(one: readonly Found[], other: readonly Found[]): boolean {
  const isNear = (a: number, b: number) => Math.abs(a - b) <= TOLERANCE_M + TOLERANCE_SHARE * b;
  const lastM = one.at(-1)?.distanceM ?? 0;
  const names = new Set(other.map(({ driverId }) => driverId));
  return (
    one.length === other.length &&
    one.every(({ distanceM }, i) => isNear(distanceM, other[i]?.distanceM ?? Number.NaN)) &&
    one.every(({ driverId, distanceM }) => names.has(driverId) || isNear(distanceM, lastM))
  );
}
