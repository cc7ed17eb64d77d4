import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type RunningHexfleet, startHexfleet, until } from '../harness/index.js';

interface PartitionsView {
  readonly partitions: readonly { readonly partition: number; readonly writer: string; readonly epoch: number }[];
  readonly unowned: readonly number[];
  readonly writers: readonly { readonly writer: string; readonly draining: boolean; readonly partitions: number }[];
}

let hexfleet: RunningHexfleet;

beforeAll(async () => {
  hexfleet = await startHexfleet({ args: ['--workers', '3'] });
});
afterAll(() => hexfleet?.stop());

async function partitions(): Promise<PartitionsView> {
  const headers = { authorization: `Bearer ${hexfleet.ready.tokens.viewer}` };
  return (await (await fetch(`${hexfleet.ready.ops}/v1/partitions`, { headers })).json()) as PartitionsView;
}

/** Longer than lies between two beats: what still moves looks different after it. */
const SETTLING_MS = 1_000;

/** Each partition's owner, once all are owned, `isSo`, and it stays like that. */
function ownersOnce(what: string, isSo: (owners: readonly string[]) => boolean): Promise<ReadonlyMap<number, string>> {
  return until(what, async () => {
    const view = await partitions();
    await sleep(SETTLING_MS);
    const { partitions: rows, unowned } = await partitions();
    const hasSettled = JSON.stringify(rows.map(ownerOf)) === JSON.stringify(view.partitions.map(ownerOf));
    if (!hasSettled || unowned.length > 0 || !isSo(rows.map(ownerOf))) return undefined;
    return new Map(rows.map(({ partition, writer }) => [partition, writer]));
  });
}

function ownerOf({ writer }: PartitionsView['partitions'][number]): string {
  return writer;
}

describe('three writers', () => {
  it('share the partitions; what one leaves behind goes to the others, who keep what they had, and comes back', async () => {
    const all = (owners: readonly string[]) => new Set(owners).size === 3;
    const before = await ownersOnce('all three own some', all);
    const leaver = [...before.values()].find((writer) => writer.endsWith('-2')) as string;
    // It ends by itself then, and is started again under its name: too soon for others to settle without it.
    const { 'writer-2': pid } = hexfleet.currentPids();
    process.kill(pid as number, 'SIGTERM');
    const without = await until('the others own all', async () => {
      const { partitions: rows, unowned } = await partitions();
      return unowned.length === 0 && rows.every((row) => ownerOf(row) !== leaver) && rows;
    });
    for (const { partition, writer } of without) {
      if (before.get(partition) !== leaver) expect(writer).toBe(before.get(partition));
    }
    expect(await ownersOnce('it is back', all)).toEqual(before);
  });
});
