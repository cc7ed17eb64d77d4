import type { AdmittedFixes } from './admitted-fixes.js';
import type { HygienePolicy } from './hygiene-policy.js';
import type { RejectCode } from './outcome.js';
import type { Ping } from './ping.js';

/**
 * Judges a ping whose fields are in range, first by the clock, then beside its driver's last admitted ping. With `readPing`
 * before it, the order is that of REJECT_CODES: the first that applies is the one that the app is told.
 */
export function judgePing(
  ping: Ping,
  receivedAtMs: number,
  clockOffsetMs: number,
  admitted: AdmittedFixes,
  policy: HygienePolicy,
): RejectCode | undefined {
  if (ping.capturedAtMs > receivedAtMs + policy.futureToleranceMs) return 'future';
  if (ping.capturedAtMs < receivedAtMs - policy.maxAgeMs) return 'too_old';
  return admitted.judge(ping, clockOffsetMs, policy);
}
