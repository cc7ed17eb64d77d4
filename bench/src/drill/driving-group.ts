import { FleetSimulation } from '@hexfleet/fleet-simulation';
import type { Reading } from './fleet-books.js';
import type { FleetGroup } from './fleet-plan.js';

/** A group of simulated cars. While it does not ping, its time stands still, so that it comes back without a leap. */
export class DrivingGroup {
  readonly #simulation: FleetSimulation;
  #stoodMs = 0;
  #stopsAtMs: number | undefined;

  constructor({ name, drivers, ...place }: FleetGroup, seed: number, intervalMs: number, nowMs: number) {
    this.#simulation = new FleetSimulation({
      ...place,
      seed,
      drivers,
      intervalMs,
      startMs: nowMs,
      idPrefix: `${name}-`,
    });
    this.#stopsAtMs = nowMs;
  }

  set isDriving(isDriving: boolean) {
    if (isDriving === (this.#stopsAtMs === undefined)) return;
    if (this.#stopsAtMs !== undefined) this.#stoodMs += Date.now() - this.#stopsAtMs;
    this.#stopsAtMs = isDriving ? undefined : Date.now();
  }

  /** What its phones have read until now; their clocks are put right, as a fleet's own server does. */
  *readings(nowMs: number): Generator<Reading> {
    if (this.#stopsAtMs !== undefined) return;
    for (const { ping, atMs } of this.#simulation.pings(nowMs - this.#stoodMs)) {
      yield { ...ping, capturedAtMs: atMs + this.#stoodMs };
    }
  }
}
