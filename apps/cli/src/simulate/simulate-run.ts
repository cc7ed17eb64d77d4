import { setTimeout as sleep } from 'node:timers/promises';
import type { FleetSimulation, SimulatedPing } from '@hexfleet/fleet-simulation';
import type { AnswerTally, PingLanes } from '@hexfleet/ping-client';
import type { ProgressBar } from '../progress-bar.js';
import { grouped } from '../sending/answer-summary.js';
import { cutAfterStop } from '../sending/stop-signal.js';
import type { LonePhones } from './lone-phones.js';
import type { ObedientFleet } from './obedient-fleet.js';

const TICK_MS = 20;
/** A process that was held up for longer, such as a laptop asleep, goes on from now: phones don't catch up either. */
const MAX_CATCH_UP_MS = 5_000;
/** Up to this a clock is taken as it is, by the gateway too. */
const CLOCK_TOLERANCE_MS = 5_000;

export interface SimulateParts {
  readonly simulation: FleetSimulation;
  readonly lanes: PingLanes;
  /** Where there is none, the fleet's own server puts the clocks right, and sends for these phones too. */
  readonly lonePhones: LonePhones | undefined;
  /** Of the drivers whose apps obey the gateway's hints, where there are any. */
  readonly obedient?: ObedientFleet;
  readonly tally: AnswerTally;
  readonly bar: ProgressBar;
  readonly stop: AbortSignal;
}

export interface SimulateOutcome {
  readonly seconds: number;
  /** Simulated time left out because the process was held up. */
  readonly heldMs: number;
}

/** Lets the fleet drive in real time from `startMs` on, and sends what its phones say. */
export async function runSimulation(
  parts: SimulateParts,
  startMs: number,
  durationMs: number,
): Promise<SimulateOutcome> {
  const { simulation, lanes, lonePhones, tally, bar, stop } = parts;
  const close = () => Promise.all([lanes.close(), lonePhones?.close()]);
  cutAfterStop(stop, close);
  let heldMs = 0;
  let reachedMs = startMs;
  while (!stop.aborted && tally.refusal === undefined && reachedMs < startMs + durationMs) {
    const nowMs = Math.min(Date.now(), startMs + durationMs);
    if (nowMs - reachedMs > MAX_CATCH_UP_MS) {
      heldMs += nowMs - reachedMs;
      simulation.skipTo(nowMs);
    }
    for (const simulated of simulation.pings(nowMs)) send(simulated, parts);
    reachedMs = Math.max(reachedMs, nowMs);
    bar.update(
      Number.isFinite(durationMs) ? (reachedMs - startMs) / durationMs : undefined,
      `${grouped(tally.settled)} pings answered, ${((reachedMs - startMs) / 1_000).toFixed(0)} s`,
    );
    await sleep(TICK_MS, undefined, { signal: stop }).catch(() => {});
  }
  if (tally.refusal === undefined) await Promise.all([lanes.drained(), lonePhones?.drained()]);
  await close();
  return { seconds: (reachedMs - startMs) / 1_000, heldMs };
}

function send(
  { ping: reading, clockAheadMs }: SimulatedPing,
  { lanes, lonePhones, obedient, tally }: SimulateParts,
): void {
  const isFarOff = Math.abs(clockAheadMs) > CLOCK_TOLERANCE_MS;
  const isPutRight = isFarOff && lonePhones === undefined;
  const ping = isPutRight ? { ...reading, capturedAtMs: reading.capturedAtMs - clockAheadMs } : reading;
  if (obedient?.lets(ping) === false) return;
  if (isFarOff && lonePhones !== undefined) {
    void lonePhones.push(ping, clockAheadMs);
    return;
  }
  const lane = lanes.laneOf(ping.driverId);
  if (lane.isFull) tally.leftOut(1);
  else lane.push(ping);
}
