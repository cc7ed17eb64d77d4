/**
 * When an app should ping next, so that load is shed at its source and no battery is spent on pings that would be dropped:
 *
 *   afterMs  = HINT_OF_BOUND · maxSilence(status), in part at random                    at the latest
 *   minMoveM = threshold / weight(status), at least the usual one                       earlier only once moved so far
 *
 * moved: from where readers believe the driver to be. An app that obeys sends about what would have been admitted anyway:
 * the threshold alone says how much that is.
 * The random part spreads apps that heard the same at the same time.
 */
import type { Status } from '@hexfleet/ping';
import type { ShedPolicy } from '@hexfleet/shed-policy';

export interface NextPingHint {
  readonly afterMs: number;
  readonly minMoveM: number;
}

/** The rest of the silence bound is for the way, and for a ping that gets lost. */
const HINT_OF_BOUND = 0.95;
const JITTER = 0.1;
const MAX_MOVE_M = 5_000;

/** What holds for one status in one partition until the next tuning; the jitter is taken for each answer. */
export function nextPingHint(
  usual: NextPingHint,
  policy: ShedPolicy,
  status: Status,
  pressure: { readonly share: number; readonly thresholdM: number },
): NextPingHint {
  if (policy.mode === 'off' || policy.shadow) return usual;
  const latestMs = Math.round(HINT_OF_BOUND * policy.maxSilenceMs[status]);
  if (pressure.share >= 1) return latestMs >= usual.afterMs ? usual : { ...usual, afterMs: latestMs };
  const thresholdM = Math.min(MAX_MOVE_M, pressure.thresholdM / policy.weights[status]);
  return {
    afterMs: latestMs,
    minMoveM: Math.round(Math.max(usual.minMoveM, thresholdM)),
  };
}

/** Sooner by up to a tenth; never later. */
export function jittered(hint: NextPingHint, usual: NextPingHint, random: number): NextPingHint {
  if (hint === usual) return usual;
  return { ...hint, afterMs: Math.round(hint.afterMs * (1 - JITTER * random)) };
}
