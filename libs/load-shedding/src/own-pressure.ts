/**
 * The share that a gateway admits for its own sake: whatever it sheds it need not pack, publish and answer for.
 *
 *   x = the worst of  (loop utilisation − 0.9) / 0.1,  (publish ack − target) / target,  (held − half) / half
 *   u = max(0, ∫K_i·x + K_p·x)                 share = e^(−u), held to MIN_SHARE…1
 *
 * loop utilisation: the busy share of the event loop's time, 0…1. publish ack: how long the stream takes to acknowledge a
 * batch. held: pings held for the stream, half: of what may be held. x is held to −1…2.
 * Source: Node's `eventLoopUtilization` (T. Norris, 2020); the law is that of share-controller.
 */
import { MIN_SHARE } from './share-controller.js';

const INTEGRAL_PER_SECOND = 0.5;
const PROPORTIONAL = 0.3;
const BUSY_UTILIZATION = 0.9;
const SLOW_ACK_MS = 1_000;
const LONGEST_PERIOD_MS = 1_000;

export interface OwnSignals {
  readonly nowMs: number;
  readonly loopUtilization: number;
  readonly publishAckMs: number;
  readonly heldPings: number;
  readonly maxHeldPings: number;
}

export class OwnPressure {
  #integral = 0;
  #lastMs: number | undefined;
  #share = 1;

  get share(): number {
    return this.#share;
  }

  update(signals: OwnSignals): number {
    const sinceMs = signals.nowMs - (this.#lastMs ?? signals.nowMs);
    // Below 0, the clock was put back.
    const elapsedMs = Math.max(0, Math.min(LONGEST_PERIOD_MS, sinceMs));
    this.#lastMs = signals.nowMs;
    const x = Math.max(-1, Math.min(2, worstOf(signals)));
    const most = -Math.log(MIN_SHARE);
    this.#integral = Math.max(0, Math.min(most, this.#integral + (INTEGRAL_PER_SECOND * x * elapsedMs) / 1_000));
    this.#share = Math.max(MIN_SHARE, Math.min(1, Math.exp(-(this.#integral + PROPORTIONAL * x))));
    // A short burst is what queues are for: nothing is shed before the integral has gathered some of it.
    if (this.#integral === 0) this.#share = 1;
    return this.#share;
  }
}

function worstOf({ loopUtilization, publishAckMs, heldPings, maxHeldPings }: OwnSignals): number {
  const half = maxHeldPings / 2;
  return Math.max(
    (loopUtilization - BUSY_UTILIZATION) / (1 - BUSY_UTILIZATION),
    publishAckMs / SLOW_ACK_MS - 1,
    heldPings / half - 1,
  );
}
