import type { Ping } from '@hexfleet/ping';
import type { Submission } from './submission.js';

/** An admitted ping on its way to the stream, with who is waiting for news of it. */
export class PendingPing {
  /** An older ping of the same driver that this one stands for, and that one's in turn. */
  replaced: PendingPing | undefined = undefined;

  constructor(
    readonly ping: Ping,
    readonly submission: Submission,
    readonly index: number,
    /** When the oldest ping that this one stands for was received. */
    public receivedAtMs: number,
  ) {}
}

/** Coalescing: of each driver the newest ping by (capturedAtMs, seq), whatever the order of arrival. Keeps drivers' turns. */
export class LatestByDriver {
  readonly #latest = new Map<string, PendingPing>();

  get drivers(): number {
    return this.#latest.size;
  }

  add(arrived: PendingPing): void {
    const { driverId } = arrived.ping;
    const known = this.#latest.get(driverId);
    if (known === undefined) {
      this.#latest.set(driverId, arrived);
    } else if (isNewer(arrived.ping, known.ping)) {
      arrived.replaced = known;
      arrived.receivedAtMs = known.receivedAtMs;
      this.#latest.set(driverId, arrived);
    } else {
      arrived.replaced = known.replaced;
      known.replaced = arrived;
    }
  }

  /** Takes out up to `max` drivers' pings, those first whose drivers came first. */
  take(max: number): PendingPing[] {
    if (this.#latest.size <= max) {
      const all = [...this.#latest.values()];
      this.#latest.clear();
      return all;
    }
    const taken: PendingPing[] = [];
    for (const [driverId, pending] of this.#latest) {
      if (taken.length === max) break;
      taken.push(pending);
      this.#latest.delete(driverId);
    }
    return taken;
  }
}

function isNewer(a: Ping, b: Ping): boolean {
  return a.capturedAtMs > b.capturedAtMs || (a.capturedAtMs === b.capturedAtMs && a.seq > b.seq);
}
