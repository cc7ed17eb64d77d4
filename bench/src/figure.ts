import { writeFileSync } from 'node:fs';

/** One comparison of one run, as `--json` writes it. Two figures of one run make a ratio; two runs don't. */
export interface Figure {
  readonly bench: string;
  readonly case: string;
  readonly metric: string;
  readonly unit: string;
  readonly ours: number;
  /** Missing where the figure stands alone; so are `peerName` and `ratio` then. */
  readonly peer?: number;
  readonly peerName?: string;
  /** ours ÷ peer. */
  readonly ratio?: number;
}

export function compared(
  figure: Omit<Figure, 'ratio' | 'peer' | 'peerName'> & { peer: number; peerName: string },
): Figure {
  return { ...figure, ratio: figure.ours / figure.peer };
}

/** The middle of some rounds' figures: one round with a noisy neighbour moves it little. */
export function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

export function tableOf(figures: readonly Figure[]): string {
  const rows = figures.map(({ case: name, metric, unit, ours, peer, peerName, ratio }) => [
    name,
    `${metric}, ${unit}`,
    short(ours),
    peer === undefined ? '' : short(peer),
    peerName ?? '',
    ratio === undefined ? '' : short(ratio),
  ]);
  const all = [['case', 'metric', 'ours', 'peer', 'peer is', 'ours ÷ peer'], ...rows];
  const widths = all[0]?.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0))) ?? [];
  return all
    .map((row) =>
      row
        .map((text, column) => text.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** @throws Error where the file can't be written. */
export function writeFigures(file: string, figures: readonly Figure[]): void {
  writeFileSync(file, `${JSON.stringify(figures, null, 2)}\n`);
}

function short(value: number): string {
  return Math.abs(value) >= 100 ? Math.round(value).toLocaleString('en') : value.toPrecision(3);
}
