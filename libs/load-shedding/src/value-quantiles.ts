/**
 * Which priority a ping must have so that a given share of pings is admitted: the (1 − share)-quantile of the priorities
 * lately seen, from a histogram over the cells of the order. At each period what it remembers
 * fades: values move in waves, as drivers that were silent together are heard together. But it never fades below some pings:
 * a quiet partition isn't judged by two.
 *
 * Values move faster than any memory: where many drivers have just been admitted, what they send next is worth little. So
 * what was admitted too few is owed, and the quantile is taken for a larger share until it is made up for, and the other way
 * round:
 *
 *   credit' = credit + share − 1 if admitted, held to ±2·share·term                 for each ping
 *   quantile at  1 − share · e^(credit / (share · term))
 *   term = CREDIT_TUNINGS times the pings between two tunings, at least CREDIT_PINGS
 *
 * The term must be long beside the time between two pings of a driver: where one group of drivers pays for what another one
 * got too much of, it comes back the larger, and the threshold swings from one end to the other.
 *
 * In the threshold's cell the upper part is admitted that makes up the share, by where in the cell a ping lies.
 *
 * Of newcomers, drivers of which nothing is remembered, the share is admitted by their coins, and the quantiles know nothing
 * of them. Were they given the median value, they would soon be most of what the median is taken from, and stay out as long
 * as their bounds let them.
 * Source: exponentially decayed counts, G. Cormode, V. Shkapenyuk, D. Srivastava, B. Xu, "Forward Decay" (2009).
 */
import { NEWCOMER_CELL, type PingPriority, PRIORITY_CELLS, stretchOfCell, valueOfCellM } from './ping-priority.js';

/** What is kept of the counts at the end of a period, and of how many pings at least. */
export interface QuantileMemory {
  readonly kept: number;
  readonly leastPings: number;
}

/** For a queue that is half a second long. */
export const SHORT_MEMORY: QuantileMemory = { kept: 0.5, leastPings: 60 };
/** Where no queue has to be kept short, the threshold may be steadier. */
export const LONG_MEMORY: QuantileMemory = { kept: 0.9, leastPings: 500 };
const CREDIT_PINGS = 1_000;
const CREDIT_TUNINGS = 50;
/** In place of a threshold's cell: every ping is admitted; or nothing was seen yet, and the place within a cell decides. */
const ALL = -1;
const BLIND = -2;

export class ValueQuantiles {
  readonly #counts = new Float32Array(PRIORITY_CELLS);
  #pings = 0;
  #share = 1;
  #credit = 0;
  /** Pings noted since the threshold was last set. */
  notedSinceTuned = 0;
  /** Pings of this cell are admitted from `#from` on, those of higher ones all. */
  #cell = ALL;
  #from = 0;

  constructor(private readonly memory: QuantileMemory) {}

  get share(): number {
    return this.#share;
  }

  /** Weighted metres that a ping must be worth; 0 when all are admitted, infinite when only urgent ones are. */
  get thresholdM(): number {
    return this.#cell < 0 ? 0 : valueOfCellM(Math.min(this.#cell, PRIORITY_CELLS - 1));
  }

  /** By how much silence bounds are stretched, 1 when they hold. */
  get stretch(): number {
    return this.#cell < 0 ? 1 : stretchOfCell(Math.min(this.#cell, PRIORITY_CELLS - 1));
  }

  /** The middle value, what a ping of which nothing is known is worth on average; 0 before any was seen. */
  get medianM(): number {
    const medianM = valueOfCellM(this.#cellAbove(0.5).cell);
    return Number.isFinite(medianM) ? medianM : 0;
  }

  /** Remembers a ping that was decided on. */
  note(priority: PingPriority, isAdmitted: boolean): void {
    this.#credit += this.#share - (isAdmitted ? 1 : 0);
    this.watch(priority);
  }

  /** Remembers a ping that nothing was decided on: it was admitted whatever it was worth. */
  watch(priority: PingPriority): void {
    if (priority.cell === NEWCOMER_CELL) return;
    this.#counts[priority.cell] = (this.#counts[priority.cell] as number) + 1;
    this.#pings++;
    this.notedSinceTuned++;
  }

  /** Sets the threshold for a share, 0…1; called at even intervals, since values change all the time. */
  tune(share: number): void {
    const termPings = Math.max(CREDIT_PINGS, CREDIT_TUNINGS * this.notedSinceTuned);
    this.#share = share;
    this.notedSinceTuned = 0;
    if (share >= 1) {
      this.#credit = 0;
      this.#cell = ALL;
    } else if (share <= 0) {
      this.#cell = PRIORITY_CELLS;
    } else if (this.#pings === 0) {
      this.#cell = BLIND;
      this.#from = 1 - share;
    } else {
      const most = 2 * share * termPings;
      this.#credit = Math.max(-most, Math.min(most, this.#credit));
      const { cell, from } = this.#cellAbove(Math.min(1, share * Math.exp(this.#credit / (share * termPings))));
      this.#cell = cell;
      this.#from = from;
    }
  }

  /** Ends a period. */
  fade(): void {
    const kept = Math.max(this.memory.kept, this.memory.leastPings / this.#pings);
    if (!(kept < 1)) return;
    for (let cell = 0; cell < PRIORITY_CELLS; cell++) this.#counts[cell] = (this.#counts[cell] as number) * kept;
    this.#pings *= kept;
  }

  admits({ cell, within }: PingPriority): boolean {
    if (cell === NEWCOMER_CELL) return within >= 1 - this.#share;
    if (this.#cell === BLIND) return within >= this.#from;
    return cell > this.#cell || (cell === this.#cell && within >= this.#from);
  }

  /** The cell in which the upper `share` of pings begins, and where in it. */
  #cellAbove(share: number): { cell: number; from: number } {
    let left = share * this.#pings;
    for (let cell = PRIORITY_CELLS - 1; cell > 0; cell--) {
      const count = this.#counts[cell] as number;
      if (count > 0 && left <= count) return { cell, from: 1 - left / count };
      left -= count;
    }
    const lowest = this.#counts[0] as number;
    return { cell: 0, from: lowest > 0 ? Math.max(0, 1 - left / lowest) : 0 };
  }
}
