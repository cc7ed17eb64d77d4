import type { BenchOptions } from '../bench.js';
import type { Figure } from '../figure.js';

export const SHED_BENCH = 'shed';

/** A part of the bench of shedding, which can be run by itself. */
export interface ShedPart {
  readonly name: string;
  /** As a bench's own. */
  readonly bound: readonly string[];
  readonly run: (options: BenchOptions) => Promise<readonly Figure[]>;
}

/** A figure without a peer. */
export function alone(name: string, metric: string, unit: string, ours: number): Figure {
  return { bench: SHED_BENCH, case: name, metric, unit, ours };
}
