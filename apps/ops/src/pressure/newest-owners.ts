/** Rows of all writers by partition. One that two writers claim in a moment of change belongs to the one of the higher epoch. */
export function newestOwners<Row extends { readonly partition: number; readonly epoch: number }>(
  reports: readonly { readonly writer: string; readonly partitions: readonly Row[] }[],
): (Row & { readonly writer: string })[] {
  const byPartition = new Map<number, Row & { readonly writer: string }>();
  for (const { writer, partitions } of reports) {
    for (const row of partitions) {
      const known = byPartition.get(row.partition);
      if (known === undefined || known.epoch < row.epoch) byPartition.set(row.partition, { ...row, writer });
    }
  }
  return [...byPartition.values()].sort((a, b) => a.partition - b.partition);
}
