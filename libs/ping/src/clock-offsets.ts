/**
 * How far the clocks of senders are off. A frame says when it was sent; with the time of its receipt that gives
 *
 *   difference = receivedAtMs − sentAtMs = (our clock − its clock) + time on the way,
 *
 * and since the time on the way is never negative, the smallest of the recent differences is the best estimate of the
 * offset (the argument of Cristian, 1989, and of NTP's clock filter, RFC 5905 §10). The window is the last 4 to 8 frames,
 * kept as the smallest difference of the four before and of those since.
 *
 * States: an offset is applied only when it is more than 5 s, and the one applied is kept until the estimate deviates
 * from it by more than 5 s. So within one such spell corrected times are raw times plus a constant, and their order is the
 * order of the raw times.
 *
 * A small difference can't be time on the way and a large one can: a body that is sent again 30 s later looks like a clock
 * that is 30 s behind. So a phone that is ahead (its difference is negative) is corrected from its first frame on, and so
 * is an offset that turns out too large. But an offset that grows past 5 s is believed only after 3 frames in a row, received
 * over more than 5 s, whose differences lie within 5 s of the first's: frames that were held up together come in together.
 * Until then such a phone's offset stays what it was; of one not known yet, 0.
 *
 * Two more rules keep odd frames from doing harm. A frame as old as the last one, or older by up to a minute, is a repetition
 * or was overtaken: a body sent again 30 s later says nothing about the clock. And a difference of at most 5 s shows that
 * the clock is right now, whatever came before: a phone that was a year ahead and has been corrected is believed from its
 * first frame on, and one frame with a wild `sentAtMs` costs that frame only.
 */
import { TwoGenerationRows } from './two-generation-rows.js';

/** Offsets up to this one are taken for time on the way and left alone. */
export const CLOCK_TOLERANCE_MS = 5_000;
const REPETITION_MS = 60_000;
const BUCKET_FRAMES = 4;
/** So many frames must agree that a clock is behind. */
const AGREEING_FRAMES = 3;

const APPLIED = 0;
const SMALLEST_BEFORE = 1;
const SMALLEST = 2;
const FRAMES = 3;
const LAST_SENT = 4;
/** Of the frames in a row that agree: the first's difference and time of receipt, and how many they are. */
const RUN_DIFFERENCE = 5;
const RUN_SINCE = 6;
const RUN_FRAMES = 7;
const WIDTH = 8;

export class ClockOffsets {
  readonly #rows: TwoGenerationRows;

  /** Remembers the clocks of at most `capacity` senders. */
  constructor(capacity: number) {
    this.#rows = new TwoGenerationRows(capacity, WIDTH);
  }

  get size(): number {
    return this.#rows.size;
  }

  /** Takes note of a frame and returns what to add to its sender's times; a frame without `sentAtMs` teaches nothing. */
  observe(sender: string, sentAtMs: number | undefined, receivedAtMs: number): number {
    let at = this.#rows.find(sender);
    if (sentAtMs === undefined) return at < 0 ? 0 : (this.#rows.values[at + APPLIED] as number);
    const differenceMs = receivedAtMs - sentAtMs;
    if (at < 0) {
      at = this.#rows.add(sender);
      this.#restart(at, differenceMs);
      this.#rows.values[at + APPLIED] = 0;
    } else {
      const behindMs = (this.#rows.values[at + LAST_SENT] as number) - sentAtMs;
      const isRight = behindMs !== 0 && Math.abs(differenceMs) <= CLOCK_TOLERANCE_MS;
      if (!isRight && behindMs >= 0 && behindMs <= REPETITION_MS) return this.#rows.values[at + APPLIED] as number;
      if (isRight) this.#restart(at, differenceMs);
      else this.#record(at, differenceMs);
    }
    this.#rows.values[at + LAST_SENT] = sentAtMs;
    return this.#settle(at, this.#isAgreed(at, differenceMs, receivedAtMs));
  }

  #restart(at: number, differenceMs: number): void {
    const { values } = this.#rows;
    values[at + RUN_FRAMES] = 0;
    values[at + SMALLEST_BEFORE] = Number.POSITIVE_INFINITY;
    values[at + SMALLEST] = differenceMs;
    values[at + FRAMES] = 1;
  }

  #record(at: number, differenceMs: number): void {
    const { values } = this.#rows;
    const frames = values[at + FRAMES] as number;
    const smallestMs = values[at + SMALLEST] as number;
    if (frames === BUCKET_FRAMES) {
      values[at + SMALLEST_BEFORE] = smallestMs;
      values[at + SMALLEST] = differenceMs;
      values[at + FRAMES] = 1;
    } else {
      values[at + SMALLEST] = Math.min(smallestMs, differenceMs);
      values[at + FRAMES] = frames + 1;
    }
  }

  /** Whether the frame belongs to a run that is long enough, in frames and in time, to be no delay. */
  #isAgreed(at: number, differenceMs: number, receivedAtMs: number): boolean {
    const { values } = this.#rows;
    const frames = values[at + RUN_FRAMES] as number;
    if (frames === 0 || Math.abs(differenceMs - (values[at + RUN_DIFFERENCE] as number)) > CLOCK_TOLERANCE_MS) {
      values[at + RUN_DIFFERENCE] = differenceMs;
      values[at + RUN_SINCE] = receivedAtMs;
      values[at + RUN_FRAMES] = 1;
      return false;
    }
    values[at + RUN_FRAMES] = frames + 1;
    return frames + 1 >= AGREEING_FRAMES && receivedAtMs - (values[at + RUN_SINCE] as number) > CLOCK_TOLERANCE_MS;
  }

  #settle(at: number, isAgreed: boolean): number {
    const { values } = this.#rows;
    const appliedMs = values[at + APPLIED] as number;
    const estimateMs = Math.min(values[at + SMALLEST_BEFORE] as number, values[at + SMALLEST] as number);
    if (Math.abs(estimateMs - appliedMs) <= CLOCK_TOLERANCE_MS) return appliedMs;
    const mayBeDelay = estimateMs > CLOCK_TOLERANCE_MS && estimateMs > appliedMs;
    if (mayBeDelay && !isAgreed) return appliedMs;
    const newMs = Math.abs(estimateMs) > CLOCK_TOLERANCE_MS ? estimateMs : 0;
    values[at + APPLIED] = newMs;
    return newMs;
  }
}
