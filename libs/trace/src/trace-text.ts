/** The text is not a trace: its header lacks a column that is required. */
export class TraceFormatError extends Error {
  override readonly name = 'TraceFormatError';
}

/** A line that names no vehicle or no time, so that nothing can be sent for it. The header is line 1. */
export interface UnreadableLine {
  readonly line: number;
  readonly text: string;
}

/** The columns of a header by name: where each lies, −1 where it is missing. */
export type ColumnPlaces<C extends string> = Readonly<Record<C, number>>;

/** @throws TraceFormatError naming the columns of `required` that the header lacks. */
export function columnPlaces<C extends string>(
  header: string,
  columns: readonly C[],
  required: readonly C[],
): ColumnPlaces<C> {
  const names = header.replace(/^\uFEFF/, '').split(',');
  const trimmed = names.map((name) => name.trim());
  const missing = required.filter((column) => !trimmed.includes(column));
  if (missing.length > 0) {
    throw new TraceFormatError(`the first line must name the columns ${required.join(',')}: no ${missing.join(', ')}`);
  }
  return Object.fromEntries(columns.map((column) => [column, trimmed.indexOf(column)])) as Record<C, number>;
}

/** The lines of a text, one at a time, without their ends; the empty ones are passed over. Numbered from 1. */
export function* numberedLines(text: string): Generator<{ readonly line: number; readonly text: string }> {
  let from = 0;
  for (let line = 1; from < text.length; line++) {
    const newline = text.indexOf('\n', from);
    const end = newline === -1 ? text.length : newline;
    const content = text.charCodeAt(end - 1) === CARRIAGE_RETURN ? text.slice(from, end - 1) : text.slice(from, end);
    if (content !== '') yield { line, text: content };
    from = end + 1;
  }
}

const CARRIAGE_RETURN = 13;

/** The number a cell holds, NaN where it holds none: an empty cell is no zero. */
export function numberIn(cell: string | undefined): number {
  return cell === undefined || cell.trim() === '' ? Number.NaN : Number(cell);
}
