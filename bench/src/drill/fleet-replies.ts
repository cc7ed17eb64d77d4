import { fnv1a32, mix32 } from '@hexfleet/geo-partition';
import { type GatewayReply, ObedientPhone } from '@hexfleet/ping-client';
import type { Fate, Reading } from './fleet-books.js';
import type { FleetPlan } from './fleet-plan.js';

/** What became of each ping of a frame, by what came back for it. */
export function fatesOf(pings: readonly Reading[], reply: GatewayReply): Fate[] {
  if (reply.kind !== 'answered') return pings.map(() => 'failed');
  const fates: Fate[] = pings.map(() => 'accepted');
  for (const { index, outcome } of reply.answer.results) {
    if (outcome === 'coalesced') continue;
    fates[index] = outcome === 'unavailable' ? 'failed' : outcome;
  }
  return fates;
}

/** The drivers of a fleet whose apps ping only when the gateway's hints say that it is worth it. */
export class ObedientPhones {
  readonly #phones = new Map<string, ObedientPhone>();

  constructor(private readonly plan: Pick<FleetPlan, 'obey' | 'intervalMs'>) {}

  holdBack(reading: Reading): boolean {
    const phone = this.#phones.get(reading.driverId);
    return phone !== undefined && !phone.isDue(reading, reading.capturedAtMs + this.plan.intervalMs);
  }

  /** Learns from answers to pings that travelled alone. */
  noteReply(pings: readonly Reading[], reply: GatewayReply): void {
    const [ping] = pings;
    if (ping === undefined || pings.length > 1 || reply.kind !== 'answered') return;
    if (mix32(fnv1a32(ping.driverId)) / 2 ** 32 >= this.plan.obey) return;
    const phone = this.#phones.get(ping.driverId) ?? new ObedientPhone();
    this.#phones.set(ping.driverId, phone);
    phone.answered(ping, reply.answer);
  }
}
