import { fnv1a32, mix32 } from '@hexfleet/geo-partition';
import { type GatewayReply, ObedientPhone, type SentFrame } from '@hexfleet/ping-client';
import type { WirePing } from '@hexfleet/wire';

export interface ObedientFleetOptions {
  /** Of the drivers, 0 to 1. Which ones follows from their ids. */
  readonly share: number;
  /** Between two readings of a phone. */
  readonly intervalMs: number;
  /** Phones remembered; past it the longest known are forgotten, and ping as if nothing had been accepted yet. */
  readonly maxPhones: number;
}

/** The drivers of a fleet whose apps ping only when the gateway's hints say that it is worth it. */
export class ObedientFleet {
  readonly #phones = new Map<string, ObedientPhone>();
  #heldBack = 0;

  constructor(private readonly options: ObedientFleetOptions) {}

  /** Readings that were not sent. */
  get heldBack(): number {
    return this.#heldBack;
  }

  /** Whether to send what a phone has read; always, for those that don't care. Counts what is held back. */
  lets(ping: WirePing): boolean {
    const phone = this.#phones.get(ping.driverId ?? '');
    if (phone === undefined || phone.isDue(ping, ping.capturedAtMs + this.options.intervalMs)) return true;
    this.#heldBack++;
    return false;
  }

  /** Learns from what came back, for lanes whose frames are of one ping each. */
  readonly noteReply = ({ pings }: SentFrame, reply: GatewayReply): void => {
    const [ping] = pings;
    if (reply.kind !== 'answered' || ping === undefined || pings.length > 1) return;
    const driverId = ping.driverId ?? '';
    if (mix32(fnv1a32(driverId)) / 2 ** 32 >= this.options.share) return;
    const phone = this.#phones.get(driverId) ?? this.#newPhone(driverId);
    phone.answered(ping, reply.answer);
  };

  #newPhone(driverId: string): ObedientPhone {
    const [longestKnown] = this.#phones.keys();
    if (this.#phones.size >= this.options.maxPhones && longestKnown !== undefined) this.#phones.delete(longestKnown);
    const phone = new ObedientPhone();
    this.#phones.set(driverId, phone);
    return phone;
  }
}
