import { CITY } from '../fleet/moving-cars.js';

export interface Place {
  readonly latDeg: number;
  readonly lngDeg: number;
}

/** Somewhere in the city, its edge left out, where the density is another. */
export function somewhere(): Place {
  const within = (from: number, length: number) => from + length * (0.25 + 0.5 * Math.random());
  return { latDeg: within(CITY.southDeg, CITY.heightDeg), lngDeg: within(CITY.westDeg, CITY.widthDeg) };
}

/** Asks from everywhere, `atOnce` questions under way at a time, for so long. */
export async function askAround(
  seconds: number,
  atOnce: number,
  ask: (place: Place) => Promise<unknown>,
): Promise<{ readonly queries: number; readonly perSecond: number }> {
  const startMs = performance.now();
  const endMs = startMs + seconds * 1_000;
  let queries = 0;
  const asker = async () => {
    for (; performance.now() < endMs; queries++) await ask(somewhere());
  };
  await Promise.all(Array.from({ length: atOnce }, asker));
  return { queries, perSecond: (queries * 1_000) / (performance.now() - startMs) };
}
