import { setTimeout as sleep } from 'node:timers/promises';
import { destination } from '@hexfleet/geodesy';
import { STATUSES, type Status } from '@hexfleet/ping';
import type { FleetView } from './fleet-view.js';

const CITY = { latDeg: 37.7749, lngDeg: -122.4194 };
const SPREAD_M = 150;
/** Each car turns after so many pings, so that nobody can foretell it for long. */
const STRAIGHT_PINGS = 12;

interface Car {
  readonly driverId: string;
  readonly status: Status;
  readonly speedMps: number;
  place: { readonly latDeg: number; readonly lngDeg: number };
  headingDeg: number;
  movedAtMs: number;
}

/** What became of a fleet's pings: how many of each status were answered so. */
export type Outcomes = Map<string, number>;

/** A fleet of all statuses, alike in number, that wanders through a city and pings as often as it is told to. */
export class WanderingFleet {
  /** `status outcome` or `status outcome code` → how many. */
  readonly outcomes: Outcomes = new Map();
  readonly #cars: Car[];
  #round = 0;
  #isStopped = false;
  #running: Promise<void> | undefined;

  constructor(
    private readonly view: FleetView,
    name: string,
    cars: number,
  ) {
    this.#cars = Array.from({ length: cars }, (_, i) => ({
      driverId: `${name}-${i}`,
      status: STATUSES[i % STATUSES.length] as Status,
      speedMps: 2 + (i % 23),
      place: destination(CITY, (i * 137.5) % 360, Math.sqrt(i) * SPREAD_M),
      headingDeg: (i * 97) % 360,
      movedAtMs: Date.now(),
    }));
  }

  /** All cars ping once. Resolves when each has its answer; a request that fails is one that brought none. */
  async ping(): Promise<void> {
    const pings = this.#cars.map((car, i) => this.#moved(car, i));
    this.#round++;
    const reply = await this.view.post({ sentAtMs: Date.now(), pings }).catch(() => undefined);
    if (reply?.status !== 202) return;
    const { results } = reply.json as { results: { index: number; outcome: string; code?: string }[] };
    const refused = new Map(results.map(({ index, outcome, code }) => [index, code ?? outcome]));
    for (const [index, { status }] of pings.entries()) {
      const became = `${status} ${refused.get(index) ?? 'accepted'}`;
      this.outcomes.set(became, (this.outcomes.get(became) ?? 0) + 1);
    }
  }

  /** Pings again and again, whatever becomes of it. */
  start(everyMs: number): void {
    this.#isStopped = false;
    this.#running = this.#keepPinging(everyMs);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#running;
  }

  /** How many pings were answered so, over all statuses. */
  count(became: string): number {
    return STATUSES.reduce((sum, status) => sum + (this.outcomes.get(`${status} ${became}`) ?? 0), 0);
  }

  async #keepPinging(everyMs: number): Promise<void> {
    const underWay = new Set<Promise<void>>();
    while (!this.#isStopped) {
      const one: Promise<void> = this.ping().finally(() => underWay.delete(one));
      underWay.add(one);
      await sleep(everyMs);
      // A gateway that is away must not gather requests without end.
      if (underWay.size > 8) await Promise.race(underWay);
    }
    await Promise.all(underWay);
  }

  #moved(car: Car, index: number) {
    const nowMs = Date.now();
    if ((this.#round + index) % STRAIGHT_PINGS === 0) car.headingDeg = (car.headingDeg + 70 + index) % 360;
    // Standing still is never too fast, however long the fleet was silent.
    const movedM = (car.speedMps * Math.min(2_000, nowMs - car.movedAtMs)) / 1_000;
    car.place = destination(car.place, car.headingDeg, movedM);
    car.movedAtMs = nowMs;
    const { driverId, status, headingDeg, speedMps, place } = car;
    return { driverId, status, headingDeg, speedMps, lat: place.latDeg, lng: place.lngDeg, capturedAtMs: nowMs };
  }
}
