import type { PingAnswer, WirePing } from '@hexfleet/wire';
import { describe, expect, it } from '@jest/globals';
import { AnswerTally } from './answer-tally.js';
import type { GatewayReply, PingCarrier } from './gateway-reply.js';
import { PingLane, type PingLaneOptions } from './ping-lane.js';
import { PingLanes } from './ping-lanes.js';

type Script = (pings: readonly WirePing[], frame: number) => GatewayReply;

/** A way to a gateway that says what the script says, after a turn of the event loop. */
class ScriptedCarrier implements PingCarrier {
  readonly frames: (readonly WirePing[])[] = [];
  mostInFlight = 0;
  #inFlight = 0;

  constructor(private readonly script: Script) {}

  async send(pings: readonly WirePing[]): Promise<GatewayReply> {
    this.mostInFlight = Math.max(this.mostInFlight, ++this.#inFlight);
    const frame = this.frames.push(pings);
    await new Promise((resolve) => setImmediate(resolve));
    this.#inFlight--;
    return this.script(pings, frame);
  }

  async close(): Promise<void> {}
}

function ping(seq: number, driverId = 'd'): WirePing {
  return { driverId, lat: 1, lng: 2, capturedAtMs: seq, seq };
}

/** An answer in which the pings of `results` had that outcome and the others were accepted. */
function answer(pings: readonly WirePing[], results: PingAnswer['results'] = []): GatewayReply {
  const counts = { accepted: pings.length - results.length, coalesced: 0, shed: 0, rejected: 0, unavailable: 0 };
  for (const { outcome } of results) counts[outcome]++;
  return { kind: 'answered', answer: { ...counts, results, next: { afterMs: 4_000, minMoveM: 0 } } };
}

function laneOn(script: Script, options: Partial<PingLaneOptions> = {}) {
  const carrier = new ScriptedCarrier(script);
  const tally = new AnswerTally();
  const lane = new PingLane({ carrier, tally, batch: 10, firstRetryWaitMs: 1, ...options });
  return { carrier, tally, lane };
}

const LOST: GatewayReply = { kind: 'lost', detail: 'connection refused' };
const BUSY: GatewayReply = { kind: 'refused', status: 503, code: 'unavailable', detail: '', retryAfterMs: 1 };
const NO_TOKEN: GatewayReply = { kind: 'refused', status: 401, code: 'unauthenticated', detail: 'expired' };

describe('a lane', () => {
  it('sends what is pushed, in order, in frames of at most the batch, with at most the window on the way', async () => {
    const { carrier, tally, lane } = laneOn((pings) => answer(pings), { windowFrames: 3 });
    for (let seq = 0; seq < 95; seq++) lane.push(ping(seq));
    await lane.drained();
    expect(carrier.frames.flat().map(({ seq }) => seq)).toEqual(Array.from({ length: 95 }, (_, seq) => seq));
    expect(carrier.frames.every((frame) => frame.length <= 10)).toBe(true);
    expect(carrier.mostInFlight).toBe(3);
    expect(tally.counts).toMatchObject({ pings: 95, accepted: 95, sent: 95, resent: 0, frames: 10 });
    expect(tally.settled).toBe(95);
  });

  it('counts every outcome by its code', async () => {
    const { tally, lane } = laneOn((pings) =>
      answer(pings, [
        { index: 0, outcome: 'rejected', code: 'duplicate' },
        { index: 1, outcome: 'rejected', code: 'too_old' },
        { index: 2, outcome: 'rejected', code: 'too_old' },
        { index: 3, outcome: 'shed', code: 'low_value' },
        { index: 4, outcome: 'coalesced' },
      ]),
    );
    for (let seq = 0; seq < 6; seq++) lane.push(ping(seq));
    await lane.drained();
    expect(tally.counts).toMatchObject({
      accepted: 1,
      coalesced: 1,
      shed: 1,
      rejected: 3,
      rejectedByCode: { duplicate: 1, too_old: 2 },
      shedByCode: { low_value: 1 },
    });
  });

  it('sends again what is unavailable, and only that, before anything newer', async () => {
    const { carrier, tally, lane } = laneOn(
      (pings, frame) =>
        frame === 1
          ? answer(pings, [
              { index: 1, outcome: 'unavailable' },
              { index: 3, outcome: 'unavailable' },
            ])
          : answer(pings),
      { windowFrames: 1, batch: 4 },
    );
    for (let seq = 0; seq < 8; seq++) lane.push(ping(seq));
    await lane.drained();
    expect(carrier.frames.map((frame) => frame.map(({ seq }) => seq))).toEqual([
      [0, 1, 2, 3],
      [1, 3, 4, 5],
      [6, 7],
    ]);
    expect(tally.counts).toMatchObject({ pings: 8, accepted: 8, unavailable: 0, sent: 10, resent: 2 });
  });

  it('sends again in the order of the frames, in whatever order their answers came', async () => {
    const frames: (readonly WirePing[])[] = [];
    const waiting: ((reply: GatewayReply) => void)[] = [];
    const carrier: PingCarrier = {
      send: async (pings) => {
        if (frames.push(pings) > 3) return answer(pings);
        return new Promise((resolve) => waiting.push(resolve));
      },
      close: async () => {},
    };
    const lane = new PingLane({ carrier, tally: new AnswerTally(), batch: 2, windowFrames: 3, firstRetryWaitMs: 1 });
    for (let seq = 0; seq < 6; seq++) lane.push(ping(seq));
    while (waiting.length < 3) await new Promise((resolve) => setImmediate(resolve));
    for (const i of [2, 0, 1]) {
      waiting[i]?.(BUSY);
      await lane.changed();
    }
    await lane.drained();
    expect(frames.slice(3).flatMap((pings) => pings.map(({ seq }) => seq))).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it('comes through a gateway that is away for a while, losing nothing', async () => {
    const { tally, lane } = laneOn((pings, frame) => (frame <= 5 ? (frame % 2 === 0 ? LOST : BUSY) : answer(pings)));
    for (let seq = 0; seq < 200; seq++) lane.push(ping(seq));
    await lane.drained();
    expect(tally.counts).toMatchObject({ pings: 200, accepted: 200, unanswered: 0, unavailable: 0 });
    expect(tally.counts.resent).toBeGreaterThan(0);
  });

  it('gives up after its tries, says how the last one ended, and serves what comes later', async () => {
    let away = true;
    const { carrier, tally, lane } = laneOn((pings) => (away ? LOST : answer(pings)), { retries: 3, windowFrames: 1 });
    lane.push(ping(0));
    await lane.drained();
    expect(carrier.frames).toHaveLength(4);
    expect(tally.counts).toMatchObject({ unanswered: 1, sent: 4, resent: 3 });
    // While it is away, each further frame costs one try only.
    lane.push(ping(1));
    await lane.drained();
    expect(carrier.frames).toHaveLength(5);
    away = false;
    lane.push(ping(2));
    await lane.drained();
    expect(tally.counts).toMatchObject({ pings: 3, unanswered: 2, accepted: 1 });
    expect(tally.settled).toBe(3);
  });

  it('counts as unavailable what the gateway to the last did not know', async () => {
    const { tally, lane } = laneOn(() => BUSY, { retries: 2 });
    lane.push(ping(0));
    await lane.drained();
    expect(tally.counts).toMatchObject({ unavailable: 1, unanswered: 0 });
  });

  it('does not try again when the token is refused', async () => {
    const { carrier, tally, lane } = laneOn(() => NO_TOKEN);
    for (let seq = 0; seq < 5; seq++) lane.push(ping(seq));
    await lane.drained();
    expect(carrier.frames).toHaveLength(1);
    expect(tally.counts).toMatchObject({ refused: 5, refusedByCode: { unauthenticated: 5 } });
    expect(tally.refusal).toBe(NO_TOKEN);
  });

  it('is full at its bound, and has room once frames have ended', async () => {
    const { lane } = laneOn((pings) => answer(pings), { maxQueued: 20 });
    for (let seq = 0; seq < 19; seq++) lane.push(ping(seq));
    expect(lane.isFull).toBe(false);
    lane.push(ping(19));
    expect(lane.isFull).toBe(true);
    await lane.changed();
    expect(lane.isFull).toBe(false);
    await lane.drained();
  });

  it('comes to an end when it is closed, whatever is queued or waits for another try', async () => {
    const { tally, lane } = laneOn(() => BUSY, { batch: 2, windowFrames: 1, firstRetryWaitMs: 60_000 });
    for (let seq = 0; seq < 5; seq++) lane.push(ping(seq));
    await lane.changed();
    await lane.close();
    await lane.drained();
    expect(tally.counts).toMatchObject({ pings: 5, unavailable: 2, skipped: 3 });
    expect(tally.settled).toBe(5);
  });

  it('tells each frame and what came back', async () => {
    const told: [number, string, number][] = [];
    const { lane } = laneOn((pings, frame) => (frame === 1 ? LOST : answer(pings)), {
      onReply: ({ pings, frame }, reply) => told.push([pings.length, reply.kind, frame]),
    });
    lane.push(ping(0));
    lane.push(ping(1));
    await lane.drained();
    expect(told).toEqual([
      [2, 'lost', 1],
      [2, 'answered', 2],
    ]);
  });
});

describe('several lanes', () => {
  it('send all pings of a driver by one lane, and spread the drivers', async () => {
    const made = Array.from({ length: 4 }, () => laneOn((pings) => answer(pings)));
    const lanes = new PingLanes(made.map(({ lane }) => lane));
    for (let seq = 0; seq < 10; seq++)
      for (let driver = 0; driver < 100; driver++) lanes.push(ping(seq, `d-${driver}`));
    await lanes.room();
    await lanes.drained();
    const drivers = made.map(({ carrier }) => new Set(carrier.frames.flat().map(({ driverId }) => driverId)));
    expect(drivers.reduce((sum, lane) => sum + lane.size, 0)).toBe(100);
    expect(Math.min(...drivers.map(({ size }) => size))).toBeGreaterThan(10);
  });
});
