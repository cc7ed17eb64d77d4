import { type Protocol, type RunResult, simulate } from './simulation.js';

export interface Shrunk {
  readonly result: RunResult;
  readonly leftOut: ReadonlySet<number>;
  readonly maxSteps: number;
}

/** The invariant that a violation is of: a smaller run is to break the same. */
function kindOf({ violation }: RunResult): string | undefined {
  return violation?.split(':')[0];
}

/**
 * A run that fails like this one with as few happenings and steps as can be had by leaving some out: halves, quarters … of
 * them, down to single ones. Source: delta debugging, A. Zeller, R. Hildebrandt, "Simplifying and Isolating Failure-Inducing
 * Input", 2002.
 */
export function shrink(failed: RunResult, protocol: Protocol): Shrunk {
  const { seed } = failed;
  const kind = kindOf(failed);
  let leftOut: ReadonlySet<number> = new Set();
  // The step that failed is not counted as done.
  let maxSteps = failed.steps + 1;
  const fails = (without: ReadonlySet<number>, steps: number) =>
    kindOf(simulate(seed, { protocol, leftOut: without, maxSteps: steps })) === kind;
  for (let chunk = failed.happenings; chunk >= 1; chunk = Math.floor(chunk / 2)) {
    for (let from = 0; from < failed.happenings; from += chunk) {
      const without = new Set(leftOut);
      for (let i = from; i < from + chunk; i++) without.add(i);
      if (without.size > leftOut.size && fails(without, maxSteps)) leftOut = without;
    }
  }
  for (let cut = maxSteps >> 1; cut >= 1; cut >>= 1)
    while (maxSteps > cut && fails(leftOut, maxSteps - cut)) maxSteps -= cut;
  return { result: simulate(seed, { protocol, leftOut, maxSteps, isTraced: true }), leftOut, maxSteps };
}
