import { shiftedCopy } from './shifted-copies.js';
import type { TraceRow } from './trace-row.js';

/**
 * When to send which row of a trace, and when to say it was captured.
 *
 *   t₀          the time of the first row                      (trace ms)
 *   M           the newest time of the rows sent so far        (trace ms)
 *   at          = (M − t₀) / speed       ms after the start: a row newer than M waits (ts − M)/speed, others don't
 *   captured    = (ts − t₀) / speed      ms after the start; so the newest row sent is about now, and a row that is
 *                                        hours older than M is hours/speed old
 *   seq         = ⌊ts / 1000⌋            the row's second in the trace, an unsigned 32-bit number until the year 2106
 *
 * `captured` depends on the row alone. So a repeat of a row is captured in the same ms as the row and carries the same
 * `seq`: it stays a duplicate; and rows that an enormous speed presses into one ms are still ordered by `seq`.
 */
export interface ScheduledRow {
  /** When to send it, in ms after the start; never falls from one row to the next. */
  readonly atOffsetMs: number;
  /** When it was captured, in ms after the start: never after `atOffsetMs`, negative for rows older than the first. */
  readonly capturedOffsetMs: number;
  readonly seq: number;
  readonly row: TraceRow;
}

export interface ReplayPace {
  /** How many times faster than life; above 0. */
  readonly speed: number;
  /** How many vehicles to send for each one of the trace, 1 or more. */
  readonly fleets?: number;
}

/** The schedule of the rows in the order given. Lazy, so that a long trace costs no second copy of itself. */
export function* replaySchedule(rows: Iterable<TraceRow>, { speed, fleets = 1 }: ReplayPace): Generator<ScheduledRow> {
  if (!(speed > 0)) throw new RangeError(`a replay's speed must be above 0, not ${speed}`);
  if (!(Number.isInteger(fleets) && fleets >= 1)) throw new RangeError(`fleets must be 1 or more, not ${fleets}`);
  let firstMs: number | undefined;
  let newestMs = Number.NEGATIVE_INFINITY;
  for (const row of rows) {
    firstMs ??= row.tsMs;
    newestMs = Math.max(newestMs, row.tsMs);
    const atOffsetMs = (newestMs - firstMs) / speed;
    const capturedOffsetMs = (row.tsMs - firstMs) / speed;
    const seq = Math.floor(row.tsMs / 1000) >>> 0;
    for (let copy = 1; copy <= fleets; copy++) {
      yield { atOffsetMs, capturedOffsetMs, seq, row: shiftedCopy(row, copy) };
    }
  }
}

/** How long the replay of these rows takes, in ms, when nothing holds it up. */
export function replayLengthMs(rows: readonly TraceRow[], speed: number): number {
  const newestMs = rows.reduce((newest, row) => Math.max(newest, row.tsMs), Number.NEGATIVE_INFINITY);
  return rows[0] === undefined ? 0 : (newestMs - rows[0].tsMs) / speed;
}
