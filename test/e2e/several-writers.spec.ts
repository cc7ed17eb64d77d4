import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type RunningHexfleet, startHexfleet, until } from '../harness/index.js';
import { ownerOf, ownersOf, settledOwnersOf } from './partition-owners.js';

let hexfleet: RunningHexfleet;

beforeAll(async () => {
  hexfleet = await startHexfleet({ args: ['--workers', '3'] });
});
afterAll(() => hexfleet?.stop());

/** Each partition's owner, once all are owned, `isSo`, and it stays like that. */
function ownersOnce(what: string, isSo: (owners: readonly string[]) => boolean): Promise<ReadonlyMap<number, string>> {
  return until(what, async () => {
    const { partitions: rows } = (await settledOwnersOf(hexfleet)) ?? { partitions: [] };
    return isSo(rows.map(ownerOf)) && new Map(rows.map(({ partition, writer }) => [partition, writer]));
  });
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
      const { partitions: rows, unowned } = await ownersOf(hexfleet);
      return unowned.length === 0 && rows.every((row) => ownerOf(row) !== leaver) && rows;
    });
    for (const { partition, writer } of without) {
      if (before.get(partition) !== leaver) expect(writer).toBe(before.get(partition));
    }
    expect(await ownersOnce('it is back', all)).toEqual(before);
  });
});
