import { type Protocol, type RunResult, simulate } from './simulation.js';
import type { Sightings } from './world.js';

/** What came of many runs. */
export interface Tally {
  readonly seeds: number;
  readonly steps: number;
  readonly sightings: Sightings;
  readonly failed: readonly RunResult[];
}

/** Runs `count` seeds from `from` on; stops at `mostFailures`. */
export function runSeeds(from: number, count: number, protocol: Protocol, mostFailures: number): Tally {
  const sightings: Sightings = new Map();
  const failed: RunResult[] = [];
  let steps = 0;
  let seeds = 0;
  for (; seeds < count && failed.length < mostFailures; seeds++) {
    const result = simulate(from + seeds, { protocol });
    steps += result.steps;
    for (const [what, times] of result.sightings) sightings.set(what, (sightings.get(what) ?? 0) + times);
    if (result.violation !== undefined) failed.push(result);
  }
  return { seeds, steps, sightings, failed };
}

export function added(a: Tally, b: Tally): Tally {
  const sightings = new Map(a.sightings);
  for (const [what, times] of b.sightings) sightings.set(what, (sightings.get(what) ?? 0) + times);
  return { seeds: a.seeds + b.seeds, steps: a.steps + b.steps, sightings, failed: [...a.failed, ...b.failed] };
}
