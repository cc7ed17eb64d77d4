import type { ScheduledRow } from './replay-schedule.js';

/** A row as the gateway's API takes it. Only its numbers' names are given here: nothing of it has been checked. */
export interface ReplayPing {
  readonly driverId: string;
  readonly lat: number;
  readonly lng: number;
  readonly capturedAtMs: number;
  readonly seq: number;
  readonly speedMps?: number;
  readonly headingDeg?: number;
  readonly accuracyM?: number;
  readonly status?: string;
  readonly vehicleClass?: string;
}

/**
 * Puts a schedule on a real clock: offset 0 is the start. A sender that falls behind by more than `maxLagMs` sets the
 * rest of the schedule back by what it is behind, so that the newest ping sent stays about now however slow the way is;
 * order holds, since a set-back only makes later rows later still. Without set-backs every time is exact, and a repeat
 * stays a repeat.
 */
export class ReplayClock {
  #startMs: number;
  #heldMs = 0;

  constructor(
    startMs: number,
    private readonly maxLagMs = 2_000,
  ) {
    this.#startMs = Math.round(startMs);
  }

  /** By how much the schedule has been set back in all. */
  get heldMs(): number {
    return this.#heldMs;
  }

  dueAtMs(scheduled: ScheduledRow): number {
    return this.#startMs + scheduled.atOffsetMs;
  }

  /** Says that this row is about to be sent at `nowMs`: sets the schedule back when that is too late. */
  keepUp(scheduled: ScheduledRow, nowMs: number): void {
    const lagMs = Math.round(nowMs - this.dueAtMs(scheduled));
    if (lagMs <= this.maxLagMs) return;
    this.#startMs += lagMs;
    this.#heldMs += lagMs;
  }

  /** The ping to send for a row. */
  ping({ row, capturedOffsetMs, seq }: ScheduledRow): ReplayPing {
    return {
      driverId: row.driverId,
      lat: row.latDeg,
      lng: row.lngDeg,
      capturedAtMs: this.#startMs + Math.round(capturedOffsetMs),
      seq,
      ...(row.speedMps !== undefined && { speedMps: row.speedMps }),
      ...(row.headingDeg !== undefined && { headingDeg: row.headingDeg }),
      ...(row.accuracyM !== undefined && { accuracyM: row.accuracyM }),
      ...(row.status !== undefined && { status: row.status }),
      ...(row.vehicleClass !== undefined && { vehicleClass: row.vehicleClass }),
    };
  }
}
