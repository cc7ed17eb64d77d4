import { FleetSimulation } from '@hexfleet/fleet-simulation';
import { ReplayClock, replaySchedule, type ScheduledRow, type TraceRow } from '@hexfleet/trace';
import type { WirePing } from '@hexfleet/wire';

/** Pings of drivers of its own, as they fall due. */
export interface PingSource {
  /** What is due by now; what should have been sent while nothing was asked for is left out. */
  due(nowMs: number): WirePing[];
}

/** So many times faster than life: a car crosses a cell in some seconds. */
const SIMULATION_SPEED = 12;
const PING_EVERY_MS = 1_000;
/** Held up for longer, a fleet goes on from now. */
const MOST_CATCH_UP_MS = 1_500;

/** The simulated fleet in quick motion, by phones whose clocks are right. */
export class QuickFleet implements PingSource {
  readonly #simulation: FleetSimulation;
  readonly #startMs = Date.now();
  #reachedMs = this.#startMs;

  constructor(seed: number, idPrefix: string, drivers: number) {
    this.#simulation = new FleetSimulation({
      seed,
      drivers,
      idPrefix,
      startMs: this.#startMs,
      intervalMs: PING_EVERY_MS * SIMULATION_SPEED,
    });
  }

  due(nowMs: number): WirePing[] {
    if (nowMs - this.#reachedMs > MOST_CATCH_UP_MS) this.#simulation.skipTo(this.#simulatedMs(nowMs));
    this.#reachedMs = nowMs;
    return this.#simulation.step(this.#simulatedMs(nowMs)).map(({ ping, atMs }) => {
      // At twelve times its speed a car's speed would be a wrong reading.
      const { speedMps: _, ...rest } = ping;
      const capturedAtMs = Math.floor(this.#startMs + (atMs - this.#startMs) / SIMULATION_SPEED);
      return { ...rest, capturedAtMs };
    });
  }

  #simulatedMs(realMs: number): number {
    return this.#startMs + (realMs - this.#startMs) * SIMULATION_SPEED;
  }
}

/** A recorded trace, again and again, each time by drivers of other names. */
export class TraceFleet implements PingSource {
  #rounds = 0;
  #clock = new ReplayClock(0);
  #schedule: Iterator<ScheduledRow> = [][Symbol.iterator]();
  #next: ScheduledRow | undefined;

  constructor(
    private readonly rows: readonly TraceRow[],
    private readonly speed: number,
    private readonly idPrefix: string,
  ) {}

  due(nowMs: number): WirePing[] {
    if (this.#next === undefined) this.#beginRound(nowMs);
    const pings: WirePing[] = [];
    while (this.#next !== undefined && this.#clock.dueAtMs(this.#next) <= nowMs) {
      this.#clock.keepUp(this.#next, nowMs);
      const { speedMps: _, driverId, ...ping } = this.#clock.ping(this.#next);
      pings.push({ ...ping, driverId: `${this.idPrefix}${this.#rounds}-${driverId}` } as WirePing);
      this.#advance();
    }
    return pings;
  }

  #beginRound(nowMs: number): void {
    this.#rounds++;
    this.#clock = new ReplayClock(nowMs, MOST_CATCH_UP_MS);
    this.#schedule = replaySchedule(this.rows, { speed: this.speed });
    this.#advance();
  }

  #advance(): void {
    const { done, value } = this.#schedule.next();
    this.#next = done ? undefined : value;
  }
}
