/**
 * A phone that pings when it is worth it, as the `next` of the gateway's answers says:
 *
 *   due  ⇔  nothing was accepted yet                            or  the status is not that of the last accepted ping
 *        or waiting on would make it later than `afterMs` past the last ping that was answered
 *        or the fix is `minMoveM` or more from where the last accepted ping, carried forward, would put it
 *
 * Readers carry that ping in the same way, so while nothing is due they know all that a ping could tell them. Pure; times are
 * those of the readings, by the phone's own clock, which may be off.
 */
import { carriedForward, distanceM, type LatLng } from '@hexfleet/geodesy';
import type { NextPing, PingAnswer, WirePing } from '@hexfleet/wire';

export class ObedientPhone {
  #accepted: WirePing | undefined;
  #next: NextPing | undefined;
  #answeredAtMs = 0;

  /**
   * Whether to send a reading. `nextReadingAtMs` is when the phone will look again, by the clock of its readings: a ping that
   * would be late by then is due now.
   */
  isDue(reading: WirePing, nextReadingAtMs: number = reading.capturedAtMs + 1): boolean {
    if (this.#next === undefined) return true;
    if (nextReadingAtMs - this.#answeredAtMs > this.#next.afterMs) return true;
    // Nothing was accepted yet: readers believe nothing, and there is no place to be away from.
    if (this.#accepted === undefined) return false;
    if (reading.status !== this.#accepted.status) return true;
    return movedM(this.#accepted, reading) >= this.#next.minMoveM;
  }

  /** Learns from the answer to a frame of this ping alone. Of answers that overtake one another the newest ping's counts. */
  answered(ping: WirePing, { results, next }: PingAnswer): void {
    const outcome = results[0]?.outcome ?? 'accepted';
    // Nobody knows what became of it: it will be sent again, and answered again.
    if (outcome === 'unavailable' || ping.capturedAtMs < this.#answeredAtMs) return;
    this.#next = next;
    this.#answeredAtMs = ping.capturedAtMs;
    if (outcome === 'accepted') this.#accepted = ping;
  }
}

/** How far a reading is from where readers would look for it. */
function movedM(accepted: WirePing, reading: WirePing): number {
  const motion = { headingDeg: accepted.headingDeg, speedMps: accepted.speedMps };
  const believed = carriedForward(fixOf(accepted), motion, reading.capturedAtMs - accepted.capturedAtMs);
  return distanceM(believed, fixOf(reading));
}

function fixOf({ lat, lng }: WirePing): LatLng {
  return { latDeg: lat, lngDeg: lng };
}
