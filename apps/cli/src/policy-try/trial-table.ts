import { STATUSES } from '@hexfleet/ping';
import type { ShedPolicy } from '@hexfleet/shed-policy';
import type { PolicyReport, StatusReport } from '@hexfleet/shed-trial';
import { grouped } from '../sending/answer-summary.js';
import type { NamedPolicy } from './policies.js';

/** What holds for both sides of a trial. */
export interface Assumed {
  readonly trace: string;
  readonly rows: number;
  readonly share: number;
}

export type TriedPolicy = NamedPolicy & { readonly report: PolicyReport };

export interface Tried {
  readonly current: TriedPolicy;
  readonly candidate: TriedPolicy;
}

const SIDES = ['current', 'candidate'] as const;
const HEAD = ['status', 'policy', 'pings', 'shed', 'error mean', 'p50', 'p95', 'p99', 'longest silence'];

/** For people: a row a status and policy, those of one status below one another. */
export function trialLines(assumed: Assumed, tried: Tried): string[] {
  const statuses = STATUSES.filter((status) => SIDES.some((side) => tried[side].report.byStatus[status].pings > 0));
  const rows = [
    ...statuses.flatMap((status) =>
      SIDES.map((side) => [status, side, ...cellsOf(tried[side].report.byStatus[status])]),
    ),
    ...SIDES.map((side) => ['all', side, ...cellsOf(tried[side].report.all)]),
  ];
  return [
    `${grouped(assumed.rows)} rows of ${assumed.trace}`,
    ...SIDES.map((side) => `${side}: ${tried[side].source}, ${modeOf(tried[side].policy, assumed.share)}`),
    '',
    ...aligned([HEAD, ...rows]),
    '',
    ...SIDES.flatMap((side) => remarksOf(side, tried[side].report)),
  ];
}

/** For programs. */
export function trialJson({ trace, rows, share }: Assumed, tried: Tried): object {
  const sideJson = ({ source, policy, report }: TriedPolicy) => ({ source, policy, ...report });
  return { trace, rows, share, current: sideJson(tried.current), candidate: sideJson(tried.candidate) };
}

function modeOf({ mode, shadow, fixedLevel }: ShedPolicy, share: number): string {
  const how = {
    adaptive: `adaptive: tried as if there were room for a share of ${share} everywhere, all the time`,
    fixed: `fixed at ${fixedLevel}`,
    off: 'off: sheds nothing',
  }[mode];
  return shadow ? `${how}; in shadow: it drops nothing, and this is what it would drop` : how;
}

function cellsOf({ pings, shed, error, longestSilenceMs }: StatusReport): string[] {
  const metres = (errorM: number) => (Number.isNaN(errorM) ? '–' : `${errorM.toFixed(errorM < 100 ? 1 : 0)} m`);
  return [
    grouped(pings),
    pings === 0 ? '–' : `${((100 * shed) / pings).toFixed(1)}%`,
    metres(error.meanM),
    metres(error.p50M),
    metres(error.p95M),
    metres(error.p99M),
    `${(longestSilenceMs / 1_000).toFixed(1)} s`,
  ];
}

function remarksOf(side: string, { rejected, all }: PolicyReport): string[] {
  const codes = Object.entries(rejected).map(([code, count]) => `${code} ${grouped(count)}`);
  return [
    ...(codes.length > 0 ? [`${side}: refused by hygiene: ${codes.join(', ')}`] : []),
    ...(all.unknown > 0
      ? [`${side}: shed before anything was known of the driver, no error: ${grouped(all.unknown)}`]
      : []),
  ];
}

function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => (column < 2 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  '),
  );
}
