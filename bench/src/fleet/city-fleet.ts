import type { HomeCells } from '@hexfleet/cells';
import type { Ping } from '@hexfleet/ping';
import { MovingCars } from './moving-cars.js';

/** Pings of a moving fleet, sorted into partitions as the gateway would. */
export class CityFleet {
  private readonly cars: MovingCars;

  constructor(
    private readonly homeCells: HomeCells,
    private readonly partitions: number,
    drivers: number,
    nowMs: number,
    idOf?: (car: number) => string,
  ) {
    this.cars = new MovingCars(drivers, nowMs, idOf);
  }

  /** The next pings, of one car after the other, by partition. */
  take(pings: number, nowMs: number): Ping[][] {
    const byPartition: Ping[][] = Array.from({ length: this.partitions }, () => []);
    for (const { lat: latDeg, lng: lngDeg, ...rest } of this.cars.take(pings, nowMs)) {
      byPartition[this.homeCells.partitionOf(latDeg, lngDeg)]?.push({ ...rest, latDeg, lngDeg });
    }
    return byPartition;
  }
}
