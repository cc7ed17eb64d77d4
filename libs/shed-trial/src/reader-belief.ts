import { carriedForward, distanceM, type LatLng, type Motion } from '@hexfleet/geodesy';

interface Believed extends Motion {
  readonly at: LatLng;
  readonly capturedAtMs: number;
}

/** A fix of a driver, as it was taken. */
export interface DriverFix extends LatLng {
  readonly driverId: string;
  readonly capturedAtMs: number;
}

/** What readers are shown of each driver: its last admitted fix, carried forward as the nearby service does. */
export class ReaderBelief {
  readonly #byDriver = new Map<string, Believed>();

  /** Metres between a fix and where readers then believe its driver to be; undefined while they know nothing of it. */
  errorM(fix: DriverFix): number | undefined {
    const believed = this.#byDriver.get(fix.driverId);
    if (believed === undefined) return undefined;
    return distanceM(fix, carriedForward(believed.at, believed, fix.capturedAtMs - believed.capturedAtMs));
  }

  /** Readers believe this fix from now on. */
  admit({ driverId, latDeg, lngDeg, capturedAtMs }: DriverFix, { headingDeg, speedMps }: Motion): void {
    this.#byDriver.set(driverId, { at: { latDeg, lngDeg }, capturedAtMs, headingDeg, speedMps });
  }
}
