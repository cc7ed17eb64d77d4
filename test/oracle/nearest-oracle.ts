import { greatCircleM } from './great-circle.js';

export interface PlacedDriver {
  readonly driverId: string;
  readonly lat: number;
  readonly lng: number;
}

export interface NearDriver {
  readonly driverId: string;
  readonly distanceM: number;
}

/** The nearest drivers of a place, found by measuring the way to every one of them; equal distances by driver id. */
export function nearestByBruteForce(
  drivers: Iterable<PlacedDriver>,
  place: { readonly lat: number; readonly lng: number },
  { limit, radiusM }: { readonly limit: number; readonly radiusM: number },
): NearDriver[] {
  const within: NearDriver[] = [];
  for (const driver of drivers) {
    const distanceM = greatCircleM(place, driver);
    if (distanceM <= radiusM) within.push({ driverId: driver.driverId, distanceM });
  }
  within.sort((a, b) => a.distanceM - b.distanceM || (a.driverId < b.driverId ? -1 : 1));
  return within.slice(0, limit);
}
