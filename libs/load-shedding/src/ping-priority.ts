/**
 * What a ping is worth, as a place in one order of all pings of a partition:
 *
 *   value    = weight(status) × error                                       weighted metres, for a driver within its bound
 *   urgency  = √2^rank(status) × silence / maxSilence(status), past any value once silence would exceed maxSilence(status)
 *
 * A change of status is as urgent as a silence of one bound, of the higher of the two: nobody is to be shown as available who
 * is not.
 *
 * where error is what readers' belief is off by (believed-fixes), silence is the driver's silence by its next ping, and rank
 * is 0 for idle, 1 available, 2 en_route, 3 on_trip. So while all urgent pings fit, bounds hold. When they don't, the
 * threshold F lies among them: idle drivers are then silent for up to F times their bound, available ones for F/√2 times,
 * en_route F/2, on_trip F/2√2, none for less than once its bound. That is the one factor by which bounds stretch. Urgency is
 * raised or lowered by chance, by at most 2^(±URGENCY_JITTER/2), less than lies between two statuses: else drivers that were
 * once heard together would be due together ever after, and what is admitted would come in waves. A larger
 * step than √2 would leave the lower statuses to starve for a little more comfort of the higher ones: with 4, available
 * drivers were silent for minutes at a quarter of the pings.
 *
 * The order is cut into cells: eight an octave of value, eight an octave of urgency, below them one for less than a metre.
 * Within a cell the status decides, then a coin: many values are equal by their nature (standing cars, cars that were silent
 * for as long at even intervals), and must not stand or fall together; where they aren't, a twelfth of a value more or less
 * costs no accuracy that could be measured. Two pings of which one has a higher status and no smaller error are never
 * ordered the other way round while weights don't rise as status falls, which policies guarantee.
 * Source: O. Wolfson et al. (1999), dead-reckoning policies with an uncertainty cost; the order of urgency is our own.
 */
import { mix32 } from '@hexfleet/geo-partition';

const CELLS_AN_OCTAVE = 8;
/** Up to 2²⁰ weighted metres; beyond is the same. */
const VALUE_OCTAVES = 20;
/** Urgency of 1 to 2¹⁶; beyond is the same. */
const URGENCY_OCTAVES = 16;
const STATUS_COUNT = 4;
const URGENCY_BASE = 1 + VALUE_OCTAVES * CELLS_AN_OCTAVE;
const ROWS = URGENCY_BASE + URGENCY_OCTAVES * CELLS_AN_OCTAVE;

/** How many cells there are. Cell = row × 4 + rank of the status, idle 0. */
export const PRIORITY_CELLS = ROWS * STATUS_COUNT;

/** In place of a cell: the ping has no value that could be compared, and the share of such pings is admitted by chance. */
export const NEWCOMER_CELL = -1;

/** How much more a bound of the next higher status counts. */
export const URGENCY_STEP = Math.SQRT2;
/** Octaves from the lowest to the highest that chance makes of an urgency. */
const URGENCY_JITTER = 0.45;

/** A place in the order, written over at each use: the hot path makes no object. */
export class PingPriority {
  cell = 0;
  /** 0 ≤ within < 1: where in its cell, by its coin. */
  within = 0;
  /** Of an urgent ping, with status and chance in it: admitted from the stretch F on. 0 of others. */
  urgency = 0;

  /** A ping of a driver within its bound. `valueM` ≥ 0. */
  ofValue(valueM: number, statusIndex: number, coin: number): void {
    const octaves = valueM >= 1 ? Math.floor(Math.log2(valueM) * CELLS_AN_OCTAVE) : -1;
    const row = 1 + Math.min(VALUE_OCTAVES * CELLS_AN_OCTAVE - 1, octaves);
    this.cell = row * STATUS_COUNT + rankOf(statusIndex);
    this.within = coin;
    this.urgency = 0;
  }

  /** A ping of a driver of which nothing is remembered: outside the order, where its coin decides. */
  ofNewcomer(coin: number): void {
    this.cell = NEWCOMER_CELL;
    this.within = coin;
    this.urgency = 0;
  }

  /** A ping of a driver that would be silent for `lateness` ≥ 1 times its bound without it. */
  ofUrgency(lateness: number, statusIndex: number, coin: number): void {
    const octaves = Math.log2(lateness * URGENCY_STEP ** rankOf(statusIndex)) + (coin - 0.5) * URGENCY_JITTER;
    const rows = Math.max(0, Math.min(URGENCY_OCTAVES * CELLS_AN_OCTAVE - 1, Math.floor(octaves * CELLS_AN_OCTAVE)));
    this.cell = (URGENCY_BASE + rows) * STATUS_COUNT + rankOf(statusIndex);
    this.urgency = 2 ** octaves;
    // The lower digits of the coin: the upper ones have been used.
    this.within = (coin * 4_096) % 1;
  }
}

/** The value, in weighted metres, at which a cell begins; infinite for urgent ones. */
export function valueOfCellM(cell: number): number {
  const row = Math.floor(cell / STATUS_COUNT);
  if (row === 0) return 0;
  return row < URGENCY_BASE ? 2 ** ((row - 1) / CELLS_AN_OCTAVE) : Number.POSITIVE_INFINITY;
}

/** F where the threshold lies in this cell: 1 while only values are shed. */
export function stretchOfCell(cell: number): number {
  const row = Math.floor(cell / STATUS_COUNT);
  return row < URGENCY_BASE ? 1 : 2 ** ((row + 1 - URGENCY_BASE) / CELLS_AN_OCTAVE + URGENCY_JITTER / 2);
}

/** By how much the bound of one status is stretched at a factor F. */
export function stretchOfStatus(stretch: number, statusIndex: number): number {
  return Math.max(1, stretch / URGENCY_STEP ** rankOf(statusIndex));
}

/** A number 0 ≤ coin < 1 that follows from a driver and a moment: decisions can be repeated from their inputs. */
export function coinOf(driverHash: number, capturedAtMs: number): number {
  return mix32(driverHash ^ Math.imul(capturedAtMs % 0x7fffffff, 0x9e3779b1)) / 2 ** 32;
}

function rankOf(statusIndex: number): number {
  return STATUS_COUNT - 1 - statusIndex;
}
