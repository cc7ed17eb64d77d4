import type { TallyCounts } from '@hexfleet/ping-client';

/** True when every ping got an answer that settles it. */
export function allAnswered(counts: TallyCounts): boolean {
  return counts.unanswered + counts.unavailable + counts.refused + counts.skipped === 0;
}

/** What became of the pings, a line an outcome; outcomes that didn't happen are left out. */
export function answerLines(counts: TallyCounts): string[] {
  const { pings, sent, resent, frames } = counts;
  const rows: (readonly [string, number, Readonly<Record<string, number>>?])[] = [
    ['accepted', counts.accepted],
    ['coalesced', counts.coalesced],
    ['shed', counts.shed, counts.shedByCode],
    ['rejected', counts.rejected, counts.rejectedByCode],
    ['unavailable', counts.unavailable],
    ['unanswered', counts.unanswered],
    ['refused', counts.refused, counts.refusedByCode],
    ['not sent', counts.skipped],
  ];
  const again = resent > 0 ? `, ${grouped(resent)} of them again` : '';
  return [
    `${grouped(pings)} pings; sent ${grouped(sent)} in ${grouped(frames)} frames${again}`,
    ...rows
      .filter(([, count]) => count > 0)
      .map(([name, count, codes]) => `  ${name} ${grouped(count)}${listed(codes)}`),
  ];
}

/** Digits in groups of three. */
export function grouped(count: number): string {
  return count.toLocaleString('en-US');
}

function listed(byCode: Readonly<Record<string, number>> = {}): string {
  const codes = Object.entries(byCode).toSorted(([, a], [, b]) => b - a);
  return codes.length === 0 ? '' : ` (${codes.map(([code, count]) => `${code} ${grouped(count)}`).join(', ')})`;
}
