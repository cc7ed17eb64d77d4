import { FleetSimulation } from '@hexfleet/fleet-simulation';
import { describe, expect, it } from '@jest/globals';
import { HygieneOracle } from './hygiene-oracle.js';

const START_MS = 1_700_000_000_000;

describe('the simulated fleet before the hygiene rules', () => {
  it('is admitted, every ping of it, once the clocks of its phones are corrected', () => {
    const simulation = new FleetSimulation({ seed: 9, drivers: 500, intervalMs: 4_000, startMs: START_MS });
    const oracle = new HygieneOracle();
    const refused = simulation.step(START_MS + 900_000).filter(({ ping, atMs, clockAheadMs }) => {
      // Up to 5 s a clock is left as it is.
      return oracle.judge(ping, atMs, Math.abs(clockAheadMs) > 5_000 ? clockAheadMs : 0) !== 'accepted';
    });
    expect(refused).toEqual([]);
  });

  it('has phones whose pings would be refused without the correction', () => {
    const simulation = new FleetSimulation({ seed: 9, drivers: 1_000, intervalMs: 4_000, startMs: START_MS });
    const oracle = new HygieneOracle();
    const verdicts = new Set(simulation.step(START_MS + 4_000).map(({ ping, atMs }) => oracle.judge(ping, atMs)));
    expect(verdicts).toEqual(new Set(['accepted', 'future', 'too_old']));
  });
});
