import { setTimeout as sleep } from 'node:timers/promises';
import { destination } from '@hexfleet/geodesy';
import type { FleetView, Position } from './fleet-view.js';

const CITY = { latDeg: 37.7749, lngDeg: -122.4194 };
const DRIVERS = 60;
const ROUND_MS = 100;
const STEP_M = 25;
const SPREAD_M = 4_000;

interface Sent {
  readonly driverId: string;
  readonly lat: number;
  readonly lng: number;
  readonly capturedAtMs: number;
}

/**
 * A fleet that keeps moving, in and out of partitions, and remembers for each driver what was accepted and what may have
 * been. Fast enough (a ping in 0.1 s) that every fault hits pings under way.
 */
export class SteadyLoad {
  readonly accepted = new Map<string, Sent>();
  readonly statuses = new Map<number, number>();
  rounds = 0;
  /** How many pings were answered as accepted, and of how many nobody could say. */
  readonly counts = { accepted: 0, inDoubt: 0 };
  private readonly inDoubt = new Map<string, Sent[]>();
  private stopped = false;
  private running: Promise<void> | undefined;

  constructor(private readonly view: FleetView) {}

  start(): void {
    this.running = this.run();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await this.running;
  }

  /** What the driver's position may rightly be: its newest accepted ping, or a newer one of which nobody could say. */
  mayShow({ id, lat, lng, capturedAtMs }: Position): boolean {
    const newest = this.accepted.get(id);
    const candidates = (this.inDoubt.get(id) ?? []).filter((sent) => sent.capturedAtMs > (newest?.capturedAtMs ?? 0));
    return [...candidates, ...(newest === undefined ? [] : [newest])].some(
      (sent) =>
        sent.capturedAtMs === capturedAtMs && Math.abs(sent.lat - lat) < 1e-6 && Math.abs(sent.lng - lng) < 1e-6,
    );
  }

  private async run(): Promise<void> {
    while (!this.stopped) {
      const round = this.rounds++;
      const pings = Array.from({ length: DRIVERS }, (_, i) => place(i, round));
      const response = await this.view.post({ sentAtMs: Date.now(), pings }).catch(() => undefined);
      this.note(pings, response);
      await sleep(ROUND_MS);
    }
  }

  private note(pings: readonly Sent[], response: Awaited<ReturnType<FleetView['post']>> | undefined): void {
    const status = response?.status ?? 0;
    this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1);
    const results = (response?.json as { results?: { index: number; outcome: string }[] })?.results ?? [];
    const failed = new Map(results.map(({ index, outcome }) => [index, outcome]));
    for (const [index, sent] of pings.entries()) {
      const outcome = status === 202 ? (failed.get(index) ?? 'accepted') : 'unavailable';
      if (outcome === 'accepted') {
        this.counts.accepted++;
        this.accepted.set(sent.driverId, sent);
      } else if (outcome === 'unavailable') {
        this.counts.inDoubt++;
        this.inDoubt.set(sent.driverId, [...(this.inDoubt.get(sent.driverId) ?? []), sent]);
      }
    }
  }
}

/** Each driver goes back and forth along a line of its own, across several cells. */
function place(driver: number, round: number): Sent {
  const turn = (2 * SPREAD_M) / STEP_M;
  const at = (round + driver * 7) % (2 * turn);
  const alongM = (at < turn ? at : 2 * turn - at) * STEP_M - SPREAD_M;
  const from = destination(CITY, 90, (driver - DRIVERS / 2) * 60);
  const { latDeg, lngDeg } = destination(from, 20, alongM);
  return { driverId: `load-${driver}`, lat: latDeg, lng: lngDeg, capturedAtMs: Date.now() };
}
