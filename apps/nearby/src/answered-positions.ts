import { isNewer } from '@hexfleet/nearest-search';

/** About 150 bytes each. */
const MAX_DRIVERS = 200_000;

/**
 * The floor under this process's answers: the newest record of each driver that it has answered with. When the store shows
 * an older one afterwards (a replica promoted late, a driver between two partitions), the answer keeps to the newer, so that
 * nobody sees a car drive back. Two generations, each kept for one TTL: past that a record would be left out anyway. At the
 * bound the older generation goes early, and with it the promise for drivers not answered with lately.
 */
export class AnsweredPositions {
  #young = new Map<string, Buffer>();
  #old = new Map<string, Buffer>();
  #turnsAtMs = 0;

  constructor(
    private readonly ttlMs: number,
    private readonly maxDrivers = MAX_DRIVERS,
  ) {}

  /** The record last answered with, if it may still count. */
  newestOf(driverId: string): Buffer | undefined {
    return this.#young.get(driverId) ?? this.#old.get(driverId);
  }

  /** Whichever of the two is newer: what the store shows now, or what was answered before. */
  atLeast(driverId: string, record: Buffer | undefined): Buffer | undefined {
    const answered = this.newestOf(driverId);
    if (record === undefined || answered === undefined) return record ?? answered;
    return isNewer(answered, record) ? answered : record;
  }

  note(driverId: string, record: Buffer, nowMs: number): void {
    if (nowMs >= this.#turnsAtMs || this.#young.size >= this.maxDrivers / 2) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#turnsAtMs = nowMs + this.ttlMs;
    }
    const answered = this.newestOf(driverId);
    if (answered !== undefined && !isNewer(record, answered)) {
      this.#young.set(driverId, answered);
      return;
    }
    // A copy: the record is a slice of what came from the socket, and would keep all of it alive.
    this.#young.set(driverId, Buffer.from(record));
  }
}
