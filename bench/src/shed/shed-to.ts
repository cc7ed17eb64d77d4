import type { Ping } from '@hexfleet/ping';
import type { ShedPolicy } from '@hexfleet/shed-policy';
import { ShedTrial, type StatusReport } from '@hexfleet/shed-trial';

/** What the real shedder does when it is to admit a share of the fixes, with nothing tuned by hand. */
export function shedTo(share: number, fixes: readonly Ping[], policy: ShedPolicy): StatusReport {
  const trial = new ShedTrial({ policy: { ...policy, mode: 'fixed', fixedLevel: 1 - share }, share });
  for (const fix of fixes) trial.take(fix);
  return trial.report().all;
}
