import type { Explanation, WatchedDecision } from '@hexfleet/load-shedding';
import type { Ping, ShedCode } from '@hexfleet/ping';

/** Drivers watched at a time; past it the one watched longest is let go. */
const MAX_WATCHED = 100;
const KEPT_DECISIONS = 20;
const WATCH_MS = 600_000;

interface Watch {
  untilMs: number;
  readonly decisions: WatchedDecision[];
}

/** The decision on a ping, as far as the ping and the explanation don't tell. */
export interface Verdict {
  readonly partition: number;
  readonly code: ShedCode | undefined;
  readonly isShadow: boolean;
  readonly policyVersion: number;
}

/** Why pings of some drivers were shed or not: the last few decisions on each driver that an operator watches. */
export class DecisionLog {
  readonly #watched = new Map<string, Watch>();

  constructor(
    private readonly gatewayId: string,
    private readonly nowMs: () => number,
  ) {}

  /** What has been decided on a driver since it has been watched; watches it from now on. */
  watch(driverId: string): { readonly watchedUntilMs: number; readonly decisions: readonly WatchedDecision[] } {
    const untilMs = this.nowMs() + WATCH_MS;
    const known = this.#watched.get(driverId);
    this.#watched.delete(driverId);
    const watch = { untilMs, decisions: known?.decisions ?? [] };
    this.#watched.set(driverId, watch);
    const [longest] = this.#watched.keys();
    if (this.#watched.size > MAX_WATCHED && longest !== undefined) this.#watched.delete(longest);
    return { watchedUntilMs: untilMs, decisions: watch.decisions };
  }

  /** Whether anything is to be told of a driver. */
  isWatched(driverId: string): boolean {
    return this.#watched.size > 0 && this.#watched.has(driverId);
  }

  note(ping: Ping, { partition, code, isShadow, policyVersion }: Verdict, explanation: Explanation): void {
    const watch = this.#watched.get(ping.driverId);
    if (watch === undefined) return;
    if (this.nowMs() > watch.untilMs) {
      this.#watched.delete(ping.driverId);
      return;
    }
    const { errorM, valueM, silenceMs, isUrgent, urgency, stretch, thresholdM, share } = explanation;
    watch.decisions.unshift({
      gateway: this.gatewayId,
      atMs: this.nowMs(),
      capturedAtMs: ping.capturedAtMs,
      seq: ping.seq,
      status: ping.status,
      partition,
      outcome: code === undefined ? 'admitted' : 'shed',
      ...(code !== undefined && { code }),
      isShadow,
      ...(errorM !== undefined && { errorM }),
      valueM: finite(valueM),
      silenceMs: Math.round(silenceMs),
      isUrgent,
      ...(isUrgent && { urgency }),
      stretch,
      thresholdM: finite(thresholdM),
      share,
      policyVersion,
    });
    watch.decisions.length = Math.min(watch.decisions.length, KEPT_DECISIONS);
  }
}

/** JSON has no infinity: past any value. */
function finite(valueM: number): number {
  return Math.min(valueM, Number.MAX_SAFE_INTEGER);
}
