import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises';
import type { AnswerTally, PingLanes } from '@hexfleet/ping-client';
import { ReplayClock, type ReplayPace, replayLengthMs, replaySchedule, type TraceRow } from '@hexfleet/trace';
import type { ProgressBar } from '../progress-bar.js';
import { grouped } from '../sending/answer-summary.js';
import { cutAfterStop } from '../sending/stop-signal.js';

/** Rows due within one tick travel together. */
const TICK_MS = 20;
/** A replay as fast as can be lets the sockets work after so many rows. */
const ROWS_A_TURN = 500;

export interface ReplayOutcome {
  /** Rows of the file that were handed over, with their copies. */
  readonly handedOver: number;
  readonly heldMs: number;
  readonly seconds: number;
}

/** Sends the rows at their times. Ends early when it is told to stop, or when the gateway refuses the token. */
export async function runReplay(
  rows: readonly TraceRow[],
  pace: ReplayPace & { readonly fleets: number; readonly maxLagMs?: number },
  { lanes, tally, bar, stop }: { lanes: PingLanes; tally: AnswerTally; bar: ProgressBar; stop: AbortSignal },
): Promise<ReplayOutcome> {
  const startMs = Date.now();
  const clock = new ReplayClock(startMs, pace.maxLagMs);
  const total = rows.length * pace.fleets;
  const lengthSeconds = replayLengthMs(rows, pace.speed) / 1_000;
  cutAfterStop(stop, () => lanes.close());
  const isOver = () => stop.aborted || tally.refusal !== undefined;
  const progress = () => {
    const secondsGone = (Date.now() - startMs) / 1_000;
    const note = `${grouped(tally.settled)} of ${grouped(total)} pings, ${secondsGone.toFixed(0)} s of about`;
    bar.update(tally.settled / total, `${note} ${(lengthSeconds + clock.heldMs / 1_000).toFixed(0)} s`);
  };
  let handedOver = 0;
  for (const scheduled of replaySchedule(rows, pace)) {
    const waitMs = clock.dueAtMs(scheduled) - Date.now();
    if (waitMs > 0) {
      progress();
      await sleep(Math.max(TICK_MS, waitMs), undefined, { signal: stop }).catch(() => {});
    } else if (handedOver % ROWS_A_TURN === ROWS_A_TURN - 1) {
      progress();
      await turn();
    }
    if (lanes.isFull) await lanes.room();
    if (isOver()) break;
    clock.keepUp(scheduled, Date.now());
    lanes.push(clock.ping(scheduled));
    handedOver++;
  }
  const redraw = setInterval(progress, TICK_MS * 5);
  if (tally.refusal === undefined) await lanes.drained();
  clearInterval(redraw);
  await lanes.close();
  return { handedOver, heldMs: clock.heldMs, seconds: (Date.now() - startMs) / 1_000 };
}
