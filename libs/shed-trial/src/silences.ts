/**
 * How long drivers are silent because their pings are shed: from the last admitted ping up to each ping since, the next
 * admitted one included. A driver that doesn't ping for more than 5 minutes was away, and its silence starts anew with the
 * ping that it comes back with; where nothing was shed there is no silence, however seldom a driver pings.
 */
const AWAY_MS = 300_000;

interface Silence {
  sinceMs: number;
  lastPingMs: number;
  wasShed: boolean;
}

export class Silences {
  readonly #byDriver = new Map<string, Silence>();

  /** Notes a ping, and tells how long its driver has been silent by shedding when it is taken, in ms. */
  note(driverId: string, capturedAtMs: number, isShed: boolean): number {
    const silence = this.#byDriver.get(driverId);
    if (silence === undefined || capturedAtMs - silence.lastPingMs > AWAY_MS) {
      this.#byDriver.set(driverId, { sinceMs: capturedAtMs, lastPingMs: capturedAtMs, wasShed: isShed });
      return 0;
    }
    const silentMs = isShed || silence.wasShed ? Math.max(0, capturedAtMs - silence.sinceMs) : 0;
    silence.lastPingMs = capturedAtMs;
    silence.wasShed = isShed;
    if (!isShed) silence.sinceMs = capturedAtMs;
    return silentMs;
  }
}
