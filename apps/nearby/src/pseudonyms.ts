import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';
import { LRUCache } from 'lru-cache';

const DAY_MS = 86_400_000;
const BYTES = 16;
const MAX_DRIVERS = 100_000;

interface Pseudonym {
  readonly life: number;
  readonly day: number;
  readonly text: string;
}

/**
 * The names that riders know drivers by: r_ and 16 bytes of HMAC-SHA256 over driver, spell of availability and UTC day. A
 * rider can follow a car on the map while it is available, and not from one trip, or one day, to the next. The HMAC takes
 * some 4 µs and an answer has ten, so the last name of each driver is kept.
 */
export class Pseudonyms {
  readonly #key: KeyObject;
  readonly #latest = new LRUCache<string, Pseudonym>({ max: MAX_DRIVERS });

  constructor(secret: string) {
    this.#key = createSecretKey(secret, 'utf8');
  }

  /** `life` is the record's: it changes when the driver stops being available. */
  of(driverId: string, life: number, nowMs: number): string {
    const day = Math.floor(nowMs / DAY_MS);
    const latest = this.#latest.get(driverId);
    if (latest !== undefined && latest.life === life && latest.day === day) return latest.text;
    const digest = createHmac('sha256', this.#key).update(`${driverId}|${life}|${day}`).digest();
    const text = `r_${digest.subarray(0, BYTES).toString('base64url')}`;
    this.#latest.set(driverId, { life, day, text });
    return text;
  }
}
