import type { PartitionTotals, PublisherMark } from '@hexfleet/partition-table';

/**
 * The header of a partition, a Redis hash: n and count (which write this is, for the fence), drivers (how many the records and
 * the geo set hold), at (up to when it holds what the stream held), stream and seq (how far the stream has been taken), the three counts, and g:<publisher> for each publisher's mark.
 */
const PUBLISHER_PREFIX = 'g:';

/** Fields and values of the totals, in turn. Of the publishers only those in `publishers` are given. */
export function headerFields(totals: PartitionTotals, publishers: Iterable<string>, asOfMs: number): string[] {
  const fields = [
    ...['at', String(asOfMs), 'written', String(totals.written), 'superseded', String(totals.superseded)],
    ...['expired', String(totals.expired)],
  ];
  if (totals.position !== undefined) {
    fields.push('stream', totals.position.stream, 'seq', String(totals.position.seq));
  }
  for (const publisher of publishers) {
    const mark = totals.publishers.get(publisher);
    if (mark !== undefined) fields.push(PUBLISHER_PREFIX + publisher, `${mark.total}:${mark.seenAtMs}`);
  }
  return fields;
}

/** Fields of publishers that the totals no longer hold. */
export function forgottenFields(totals: PartitionTotals, publishers: readonly string[]): string[] {
  return publishers
    .filter((publisher) => !totals.publishers.has(publisher))
    .map((publisher) => PUBLISHER_PREFIX + publisher);
}

/** Reads what HGETALL gave. Missing numbers are 0. */
export function readHeader(flat: readonly Buffer[]): { n: number; totals: PartitionTotals } {
  const fields = new Map<string, string>();
  const publishers = new Map<string, PublisherMark>();
  for (let i = 0; i + 1 < flat.length; i += 2) {
    const field = String(flat[i]);
    const value = String(flat[i + 1]);
    if (field.startsWith(PUBLISHER_PREFIX)) {
      const [total, seenAtMs] = value.split(':').map(Number);
      publishers.set(field.slice(PUBLISHER_PREFIX.length), { total: total ?? 0, seenAtMs: seenAtMs ?? 0 });
    } else fields.set(field, value);
  }
  const number = (field: string) => Number(fields.get(field) ?? 0);
  const stream = fields.get('stream');
  return {
    n: number('n'),
    totals: {
      position: stream === undefined ? undefined : { stream, seq: number('seq') },
      written: number('written'),
      superseded: number('superseded'),
      expired: number('expired'),
      publishers,
    },
  };
}
