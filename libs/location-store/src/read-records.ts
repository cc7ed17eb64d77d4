import type { Shards } from './shards.js';

/** Drivers' records in one partition, at most 500; undefined for each that has none there. @throws when no answer came. */
export async function readRecords(
  shards: Shards,
  partition: number,
  driverIds: readonly string[],
): Promise<(Buffer | undefined)[]> {
  const key = shards.keys.incarnation(partition);
  const records = (await shards.ofPartition(partition).call('record', key, driverIds)) as (Buffer | null)[];
  return driverIds.map((_, i) => records[i] ?? undefined);
}
