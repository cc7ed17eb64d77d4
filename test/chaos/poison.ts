import type { WirePing } from '@hexfleet/wire';
import type { FleetView } from '../e2e/fleet-view.js';
import type { PingSource } from './ping-sources.js';
import type { Violations } from './violations.js';

const YEAR_MS = 365 * 24 * 3_600_000;
const EVERY_MS = 400;
const HUGE_BYTES = 3_000_000;
const PLACE = { lat: 37.78, lng: -122.42 };
/** Beside the driver's good ping of the same moment. None of these may be accepted. */
const SPOILT: readonly ((nowMs: number) => object)[] = [
  (nowMs) => ({ capturedAtMs: nowMs + YEAR_MS }),
  () => ({ lat: Number.NaN }),
  () => ({ lat: 0, lng: 0 }),
  () => ({ lat: 90 }),
  () => ({ lat: -89.99, lng: 180 }),
  () => ({ lng: 180.5 }),
  () => ({ lng: '-122.42' }),
  (nowMs) => ({ capturedAtMs: nowMs - YEAR_MS }),
  () => ({ capturedAtMs: 1e300 }),
  () => ({ speedMps: 1e9 }),
];

/**
 * Drivers who also send what is wrong. Their good pings must be taken and shown like anybody's: that is the ledger's, by
 * `good`, among them two on either side of the antimeridian and one as far north as there are places.
 */
export class PoisonFleet implements PingSource {
  sent = 0;
  #lastMs = 0;
  #turn = 0;

  constructor(
    private readonly view: FleetView,
    private readonly violations: Violations,
  ) {}

  due(nowMs: number): WirePing[] {
    if (nowMs - this.#lastMs < EVERY_MS) return [];
    this.#lastMs = nowMs;
    void this.#poison(nowMs);
    // Two ms older than the spoilt one: so that is judged on what is wrong with it, and not as a repeat.
    const at = { capturedAtMs: nowMs - 2 };
    const spoilers = SPOILT.map((_, i) => ({
      driverId: `poison-${i}`,
      ...at,
      lat: PLACE.lat + i / 500,
      lng: PLACE.lng,
    }));
    return [
      ...spoilers,
      { driverId: 'poison-east', ...at, lat: 0.5, lng: 179.9999 },
      { driverId: 'poison-west', ...at, lat: 0.5, lng: -179.9999 },
      { driverId: 'poison-north', ...at, lat: 85, lng: 0.5 },
    ];
  }

  async #poison(nowMs: number): Promise<void> {
    const turn = this.#turn++;
    const i = turn % SPOILT.length;
    const ping = { driverId: `poison-${i}`, ...PLACE, capturedAtMs: nowMs - 1, ...SPOILT[i]?.(nowMs) };
    // A frame that is no frame, and one that is too large, now and then.
    const body = turn % 17 === 5 ? '{"pings":[NaN' : turn % 41 === 9 ? 'x'.repeat(HUGE_BYTES) : { pings: [ping] };
    const reply = await this.view.post(body).catch(() => undefined);
    this.sent++;
    if (reply?.status !== 202) return;
    const answer = reply.json as { accepted: number };
    if (answer.accepted > 0) this.violations.add('I8', 'poison was accepted', { ping, answer });
  }
}
