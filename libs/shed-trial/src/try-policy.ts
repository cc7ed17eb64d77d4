import type { RejectCode } from '@hexfleet/ping';
import type { TraceRow } from '@hexfleet/trace';
import { type ShedReport, ShedTrial, type TrialSetting } from './shed-trial.js';
import { TraceHygiene } from './trace-hygiene.js';

export interface PolicyReport extends ShedReport {
  readonly rows: number;
  /** Rows that hygiene refuses under the policy; codes without any are left out. */
  readonly rejected: Readonly<Partial<Record<RejectCode, number>>>;
}

/** More vehicles than any trace has. */
const DRIVERS_REMEMBERED = 1_000_000;

/** Runs rows, by time or in the order in which they came in, under a policy: hygiene first, then the decision, as a gateway. */
export function tryPolicy(rows: Iterable<TraceRow>, setting: TrialSetting): PolicyReport {
  const hygiene = new TraceHygiene(setting.policy.hygiene, DRIVERS_REMEMBERED);
  const trial = new ShedTrial(setting);
  const rejected: Partial<Record<RejectCode, number>> = {};
  let count = 0;
  for (const row of rows) {
    count++;
    const ping = hygiene.read(row);
    if (typeof ping === 'string') rejected[ping] = (rejected[ping] ?? 0) + 1;
    else if (trial.take(ping)) hygiene.admit(ping);
  }
  return { rows: count, rejected, ...trial.report() };
}
