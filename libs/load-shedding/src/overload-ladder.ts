/**
 * What a gateway does when shedding alone doesn't free it, a stage at a time (OVERLOAD_STAGES):
 *
 *   calm                    nothing
 *   shed_more               the gateway's own share is below 1: fewer pings are admitted everywhere
 *   decide_before_decoding  the decision is taken on the bytes of a binary frame; pings that are shed are never decoded
 *   read_slower             each socket is left unread for a while after each frame: the wait goes back to the apps
 *   refuse_connections      new sockets and HTTP requests are answered 503 with Retry-After
 *
 * A stage is climbed when the event loop has been busy past `CLIMB_AT` for `CLIMB_AFTER_MS` since the last step, and left
 * when it has been below `DESCEND_AT` for `DESCEND_AFTER_MS`: and that lies above the 0.9 that the gateway's own share
 * keeps the loop at, else no stage would be left while there is more than enough to do.
 */
import { OVERLOAD_STAGES, type OverloadStage } from './signals.js';

const CLIMB_AT = 0.97;
const CLIMB_AFTER_MS = 2_000;
const DESCEND_AT = 0.93;
const DESCEND_AFTER_MS = 3_000;
const LAST = OVERLOAD_STAGES.length - 1;

export class OverloadLadder {
  #rung = 0;
  #busySinceMs: number | undefined;
  #easySinceMs: number | undefined;

  get stage(): OverloadStage {
    return OVERLOAD_STAGES[this.#rung] as OverloadStage;
  }

  /** Whether a stage is reached, or one past it. */
  isAt(stage: OverloadStage): boolean {
    return this.#rung >= OVERLOAD_STAGES.indexOf(stage);
  }

  /** Called at even intervals. Returns true when the stage has changed. */
  update(nowMs: number, loopUtilization: number, ownShare: number): boolean {
    this.#busySinceMs = loopUtilization >= CLIMB_AT ? Math.min(this.#busySinceMs ?? nowMs, nowMs) : undefined;
    this.#easySinceMs = loopUtilization <= DESCEND_AT ? Math.min(this.#easySinceMs ?? nowMs, nowMs) : undefined;
    const before = this.#rung;
    if (before === 0) this.#rung = ownShare < 1 ? 1 : 0;
    else if (before === 1 && ownShare >= 1) this.#rung = 0;
    else if (this.#busySinceMs !== undefined && nowMs - this.#busySinceMs >= CLIMB_AFTER_MS) {
      this.#rung = Math.min(LAST, before + 1);
      this.#busySinceMs = nowMs;
    } else if (before > 1 && this.#easySinceMs !== undefined && nowMs - this.#easySinceMs >= DESCEND_AFTER_MS) {
      this.#rung = before - 1;
      this.#easySinceMs = nowMs;
    }
    return this.#rung !== before;
  }
}
