import type { CheckpointReport } from './checkpoint.js';
import type { TakeOver } from './fence-watch.js';
import type { Violations } from './violations.js';

/** One fault, as it went. */
export interface FaultReport {
  readonly kind: string;
  readonly what: string;
  /** In ms since the run began. */
  readonly atMs: number;
  /** Until all apps were ready and each writer had its share again. */
  readonly recoveredMs: number;
  /** From the fault until what is visible was, for good, less than a second behind what was accepted. */
  readonly lagMs: number;
  /** Of a writer that was stopped: the same from when it came back. */
  readonly backLagMs?: number;
  readonly takenMs?: readonly number[];
  readonly writtenMs?: readonly number[];
}

export interface ChaosReport {
  readonly seed: number;
  readonly seconds: number;
  readonly writers: number;
  readonly trace: boolean;
  readonly pings: Readonly<Record<string, number>>;
  readonly faults: readonly FaultReport[];
  readonly checkpoints: readonly CheckpointReport[];
  readonly looks: {
    readonly headers: number;
    readonly answers: number;
    readonly moves: number;
    readonly poison: number;
  };
  /** That a request waited for its answer. */
  readonly longestAnswerMs: number;
  readonly rest: object;
  readonly books: { readonly lost: number; readonly doubled: number };
  readonly violations: Readonly<Record<string, number>>;
}

/** @param sinceMs of those partitions that have been taken, and written, again. */
export function takeOverTimes({ partitions }: TakeOver): Pick<FaultReport, 'takenMs' | 'writtenMs'> {
  const rows = [...partitions.values()];
  return {
    takenMs: rows.flatMap(({ takenMs }) => takenMs ?? []),
    writtenMs: rows.flatMap(({ writtenMs }) => writtenMs ?? []),
  };
}

export function violationCounts({ counts }: Violations): Record<string, number> {
  return Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** A line a kind of fault: how many, and in seconds the median and the most of each time. */
export function faultTable(faults: readonly FaultReport[]): string {
  const heads = ['', 'faults', 'taken over', 'written again', 'lag under 1 s', 'once back', 'all recovered'];
  const rows = [...new Set(faults.map(({ kind }) => kind))].sort().map((kind) => {
    const of = faults.filter((fault) => fault.kind === kind);
    return [
      kind,
      String(of.length),
      medianAndMost(of.flatMap(({ takenMs }) => takenMs ?? [])),
      medianAndMost(of.flatMap(({ writtenMs }) => writtenMs ?? [])),
      medianAndMost(of.map(({ lagMs }) => lagMs)),
      medianAndMost(of.flatMap(({ backLagMs }) => backLagMs ?? [])),
      medianAndMost(of.map(({ recoveredMs }) => recoveredMs)),
    ];
  });
  const widths = heads.map((head, i) => Math.max(head.length, ...rows.map((row) => row[i]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join('  ');
  return [heads, ...rows].map(line).join('\n');
}

function medianAndMost(timesMs: readonly number[]): string {
  if (timesMs.length === 0) return '';
  const sorted = [...timesMs].sort((a, b) => a - b);
  const [median, most] = [sorted[Math.floor(sorted.length / 2)], sorted.at(-1)];
  return `${seconds(median)} / ${seconds(most)}`;
}

function seconds(ms = 0): string {
  return (ms / 1_000).toFixed(1);
}
