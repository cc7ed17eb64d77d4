import type { PartitionStore } from '@hexfleet/location-store';
import type { OwnerEffect } from '@hexfleet/partition-table';

type Write = Extract<OwnerEffect, { kind: 'claim' | 'adopt' | 'apply' }>;
type Apply = Extract<OwnerEffect, { kind: 'apply' }>;

/** What owners asked their store to write, to be written once more elsewhere. */
export class RecordedWrites {
  private writes: [partition: number, write: Write][] = [];

  note(partition: number, write: Write): void {
    this.writes.push([partition, write]);
  }

  /** All since the last time. */
  take(): RecordedWrite[] {
    const { writes } = this;
    this.writes = [];
    return writes;
  }
}

export type RecordedWrite = readonly [partition: number, write: Write];

export function appliesOf(writes: readonly RecordedWrite[]): [number, Apply][] {
  return writes.flatMap(([partition, write]) => (write.kind === 'apply' ? [[partition, write]] : []));
}

/** Writes the same on another store: what goes out in one round trip there, does so here. */
export async function writeAgain(store: PartitionStore, writes: readonly RecordedWrite[]): Promise<void> {
  const check = (partition: number, reply: string) => {
    if (reply !== 'ok') throw new Error(`a write of partition ${partition} came back as ${reply}`);
  };
  for (const [partition, write] of writes) {
    if (write.kind === 'claim') await store.claim(partition, write.incarnation, false);
    if (write.kind === 'adopt') check(partition, await store.adopt(partition, write));
  }
  const applies = appliesOf(writes);
  const replies = await Promise.all(applies.map(([partition, apply]) => store.apply(partition, apply)));
  for (const [i, reply] of replies.entries()) check(applies[i]?.[0] as number, reply);
}
