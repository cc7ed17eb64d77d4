import { AnswerTally, type GatewayReply, type PingCarrier, PingLane, PingLanes } from '@hexfleet/ping-client';
import { parseTrace } from '@hexfleet/trace';
import type { WirePing } from '@hexfleet/wire';
import { describe, expect, it } from '@jest/globals';
import { ProgressBar } from '../progress-bar.js';
import { runReplay } from './replay-run.js';

/** Takes everything, or says what it is told to say. */
class NotingCarrier implements PingCarrier {
  readonly pings: { ping: WirePing; atMs: number }[] = [];

  constructor(private readonly refusal?: GatewayReply) {}

  async send(pings: readonly WirePing[]): Promise<GatewayReply> {
    for (const ping of pings) this.pings.push({ ping, atMs: Date.now() });
    if (this.refusal !== undefined) return this.refusal;
    const counts = { accepted: pings.length, coalesced: 0, shed: 0, rejected: 0, unavailable: 0 };
    return { kind: 'answered', answer: { ...counts, results: [], next: { afterMs: 0, minMoveM: 0 } } };
  }

  async close(): Promise<void> {}
}

function replayTo(carrier: PingCarrier, stop = new AbortController().signal) {
  const tally = new AnswerTally();
  const lanes = new PingLanes([new PingLane({ carrier, tally, maxQueued: 50 })]);
  return { tally, parts: { lanes, tally, bar: new ProgressBar('replay'), stop } };
}

const LINES = Array.from({ length: 300 }, (_, at) => `v-${at % 7},${1_490_072_431_000 + at * 1_000},30.2,-97.7`);
const { rows } = parseTrace(`driver_id,ts_ms,lat,lng\n${LINES.join('\n')}\n`);

describe('a replay', () => {
  it('sends every row in the order given, none before its time, the newest as of about now', async () => {
    const carrier = new NotingCarrier();
    const { tally, parts } = replayTo(carrier);
    const startMs = Date.now();
    const { handedOver } = await runReplay(rows, { speed: 1_000, fleets: 1 }, parts);
    expect(handedOver).toBe(300);
    expect(tally.counts).toMatchObject({ pings: 300, accepted: 300, skipped: 0 });
    expect(carrier.pings.map(({ ping }) => ping.seq)).toEqual(rows.map(({ tsMs }) => tsMs / 1_000));
    for (const { ping, atMs } of carrier.pings) expect(atMs - ping.capturedAtMs).toBeGreaterThanOrEqual(-1);
    const spanMs = (carrier.pings.at(-1)?.ping.capturedAtMs ?? 0) - (carrier.pings[0]?.ping.capturedAtMs ?? 0);
    expect(spanMs).toBe(299);
    expect(carrier.pings[0]?.ping.capturedAtMs).toBeGreaterThanOrEqual(startMs);
  });

  it('sends copies of each vehicle', async () => {
    const carrier = new NotingCarrier();
    const { parts } = replayTo(carrier);
    await runReplay(rows, { speed: 1e6, fleets: 3 }, parts);
    const names = new Set(carrier.pings.map(({ ping }) => ping.driverId));
    expect(carrier.pings).toHaveLength(900);
    expect(names.size).toBe(21);
  });

  it('ends when the gateway refuses the token', async () => {
    const refusal: GatewayReply = { kind: 'refused', status: 401, code: 'unauthenticated', detail: 'expired' };
    const { tally, parts } = replayTo(new NotingCarrier(refusal));
    const { handedOver } = await runReplay(rows, { speed: 10_000, fleets: 1 }, parts);
    expect(handedOver).toBeLessThan(300);
    expect(tally.refusal).toEqual(refusal);
    expect(tally.settled).toBe(tally.counts.pings);
  });

  it('ends when it is told to stop', async () => {
    const stop = new AbortController();
    const { tally, parts } = replayTo(new NotingCarrier(), stop.signal);
    const replay = runReplay(rows, { speed: 1, fleets: 1 }, parts);
    setTimeout(() => stop.abort(), 50);
    expect((await replay).handedOver).toBeLessThan(300);
    expect(tally.counts.accepted).toBe(tally.counts.pings);
  });
});
