import { FleetSimulation } from '@hexfleet/fleet-simulation';
import { AnswerTally, type GatewayReply, type PingCarrier, PingLane, PingLanes } from '@hexfleet/ping-client';
import type { WirePing } from '@hexfleet/wire';
import { describe, expect, it } from '@jest/globals';
import { ProgressBar } from '../progress-bar.js';
import { ObedientFleet } from './obedient-fleet.js';
import { runSimulation } from './simulate-run.js';

class NotingCarrier implements PingCarrier {
  readonly pings: { ping: WirePing; atMs: number }[] = [];

  /** Answers wait for this. */
  constructor(
    private readonly held: Promise<void> = Promise.resolve(),
    private readonly next = { afterMs: 0, minMoveM: 0 },
  ) {}

  async send(pings: readonly WirePing[]): Promise<GatewayReply> {
    await this.held;
    for (const ping of pings) this.pings.push({ ping, atMs: Date.now() });
    const counts = { accepted: pings.length, coalesced: 0, shed: 0, rejected: 0, unavailable: 0 };
    return { kind: 'answered', answer: { ...counts, results: [], next: this.next } };
  }

  async close(): Promise<void> {}
}

interface SimulateOptions {
  readonly stop?: AbortSignal;
  /** By default more than a machine that is slow to start can have due at once. */
  readonly maxQueued?: number;
  readonly obedient?: ObedientFleet;
}

function simulate(carrier: PingCarrier, durationMs: number, options: SimulateOptions = {}) {
  const { stop = new AbortController().signal, maxQueued = 100_000, obedient } = options;
  const startMs = Date.now();
  const simulation = new FleetSimulation({ seed: 8, drivers: 2_000, intervalMs: 1_000, startMs });
  const tally = new AnswerTally();
  const obeying = obedient && { batch: 1, windowFrames: 1_000, onReply: obedient.noteReply };
  const lane = new PingLane({ carrier, tally, batch: 10, maxQueued, ...obeying });
  const parts = {
    simulation,
    lanes: new PingLanes([lane]),
    lonePhones: undefined,
    tally,
    stop,
    ...(obedient && { obedient }),
  };
  return { tally, run: runSimulation({ ...parts, bar: new ProgressBar('simulate') }, startMs, durationMs) };
}

describe('a simulation in real time', () => {
  it('sends each ping once, when it is due, with the clocks of far-off phones put right', async () => {
    const carrier = new NotingCarrier();
    const { tally, run } = simulate(carrier, 500);
    const { seconds } = await run;
    expect(seconds).toBe(0.5);
    expect(tally.counts.pings).toBe(1_000);
    expect(tally.counts.accepted).toBe(1_000);
    expect(new Set(carrier.pings.map(({ ping }) => ping.driverId)).size).toBe(carrier.pings.length);
    // 3 s is the most that a phone's clock is ahead without being put right.
    for (const { ping, atMs } of carrier.pings) expect(ping.capturedAtMs - atMs).toBeLessThanOrEqual(3_000);
  });

  it('leaves out what there is no way for, and says so', async () => {
    let release = (): void => {};
    const carrier = new NotingCarrier(
      new Promise((resolve) => {
        release = resolve;
      }),
    );
    const { tally, run } = simulate(carrier, 300, { maxQueued: 100 });
    const look = setInterval(() => {
      if (tally.counts.skipped > 0) release();
    }, 5);
    await run;
    clearInterval(look);
    expect(tally.counts.skipped).toBeGreaterThan(0);
    expect(tally.counts.accepted).toBeGreaterThanOrEqual(100);
    expect(tally.counts.accepted + tally.counts.skipped).toBe(tally.counts.pings);
  });

  it('holds back what the hints say is not worth it, of those who obey', async () => {
    const carrier = new NotingCarrier(undefined, { afterMs: 60_000, minMoveM: 1_000 });
    const obedient = new ObedientFleet({ share: 1, intervalMs: 1_000, maxPhones: 4_000 });
    const { tally, run } = simulate(carrier, 2_500, { obedient });
    await run;
    expect(tally.counts.accepted).toBe(tally.counts.pings);
    // Each driver's first, and those whose status changed or who went off and came back as another.
    expect(tally.counts.pings).toBeGreaterThan(1_900);
    expect(tally.counts.pings).toBeLessThan(2_300);
    expect(obedient.heldBack).toBeGreaterThan(2_500);
  });

  it('goes on forever until it is told to stop', async () => {
    const stop = new AbortController();
    const carrier = new NotingCarrier();
    const { tally, run } = simulate(carrier, Number.POSITIVE_INFINITY, { stop: stop.signal });
    setTimeout(() => stop.abort(), 100);
    await run;
    expect(tally.counts.accepted).toBeGreaterThan(0);
    expect(tally.counts.accepted).toBe(tally.counts.pings);
  });
});
