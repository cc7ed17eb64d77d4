import type { Ping } from '@hexfleet/ping';
import { DEFAULT_POLICY, type ShedPolicy } from '@hexfleet/shed-policy';

/** No driver is ever silent for so long: the error alone decides. */
const NO_BOUND_MS = 1e12;

export const WITHOUT_BOUNDS: ShedPolicy = {
  ...DEFAULT_POLICY,
  maxSilenceMs: { on_trip: NO_BOUND_MS, en_route: NO_BOUND_MS, available: NO_BOUND_MS, idle: NO_BOUND_MS },
};

/**
 * The share of pings that must be admitted so that no driver is silent for longer than its bound, if nothing else were: a
 * ping is needed when the next one, as long after it as it came after the one before, would come too late.
 */
export function shareForBounds(fixes: readonly Ping[], maxSilenceMs: ShedPolicy['maxSilenceMs']): number {
  const lastOf = new Map<string, { admittedAtMs: number; pingedAtMs: number }>();
  let admitted = 0;
  for (const { driverId, capturedAtMs, status } of fixes) {
    const last = lastOf.get(driverId);
    const gapMs = capturedAtMs - (last?.pingedAtMs ?? capturedAtMs);
    const isNeeded = last === undefined || capturedAtMs + gapMs - last.admittedAtMs > maxSilenceMs[status];
    if (isNeeded) admitted++;
    const admittedAtMs = last === undefined || isNeeded ? capturedAtMs : last.admittedAtMs;
    lastOf.set(driverId, { admittedAtMs, pingedAtMs: capturedAtMs });
  }
  return admitted / fixes.length;
}
