import type { Figure } from './figure.js';

export interface BenchOptions {
  /** The same code on next to no data: it shows that the bench runs, and its figures say nothing. */
  readonly tiny: boolean;
  /** How often each side is measured, by turns; the median is told. */
  readonly rounds: number;
  /** Of the stated load, the share that is offered: for machines that can't carry all of it. Fixed costs then weigh more. */
  readonly pace: number;
  /** The one part to run, of a bench that has some; all where it is missing. */
  readonly part?: string;
  /** A folder to draw pictures into, of a bench that can; none are drawn where it is missing. */
  readonly pictures?: string;
  /** Progress and notes, a line each. */
  readonly say: (line: string) => void;
}

export interface Bench {
  readonly name: string;
  readonly summary: string;
  /** It offers pings at a pace, which `--pace` makes slower. */
  readonly hasPace: boolean;
  /** Parts that can be run by themselves, with `--part`. */
  readonly parts?: readonly string[];
  /** It can draw its figures, with `--pictures`. */
  readonly hasPictures?: boolean;
  /** What the hardware and the protocol allow, worked out before anything is measured; a line each. */
  readonly bound: readonly string[];
  readonly run: (options: BenchOptions) => Promise<readonly Figure[]>;
}
