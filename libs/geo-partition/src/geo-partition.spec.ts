import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { DIRECTORY_SLOTS, directorySlotOf, partitionOfCell, rendezvous } from './index.js';

const cell = fc.stringMatching(/^87[0-9a-f]{7}ffffff$/);

describe('partitions', () => {
  it('gives each cell one partition, in range', () => {
    fc.assert(
      fc.property(cell, fc.integer({ min: 1, max: 4_096 }), (id, partitions) => {
        const partition = partitionOfCell(id, partitions);
        expect(partition).toBe(partitionOfCell(id, partitions));
        expect(Number.isInteger(partition) && partition >= 0 && partition < partitions).toBe(true);
      }),
    );
  });

  it('spreads neighbouring cells: no partition of 64 gets more than twice its share of 6,400', () => {
    const counts = new Array<number>(64).fill(0);
    for (let i = 0; i < 6_400; i++) {
      const partition = partitionOfCell(`87${(0x2830000 + i).toString(16)}ffffff`, 64);
      counts[partition] = (counts[partition] as number) + 1;
    }
    expect(Math.max(...counts)).toBeLessThan(200);
    expect(Math.min(...counts)).toBeGreaterThan(50);
  });

  it('spreads drivers over all directory slots', () => {
    const slots = new Set(Array.from({ length: 1_000 }, (_, i) => directorySlotOf(`d-${i}`)));
    expect(slots.size).toBe(DIRECTORY_SLOTS);
  });
});

describe('rendezvous hashing', () => {
  const nodes = ['redis-a:6379', 'redis-b:6379', 'redis-c:6379'];
  const keys = Array.from({ length: 3_000 }, (_, i) => `{${i}}`);

  it('moves only the share of a node that leaves', () => {
    const [left, ...rest] = nodes as [string, string, string];
    for (const key of keys) {
      const before = rendezvous(key, nodes);
      if (before !== left) expect(rendezvous(key, rest)).toBe(before);
    }
  });

  it('gives each node a fair share, whatever the order of the nodes', () => {
    for (const node of nodes) {
      const share = keys.filter((key) => rendezvous(key, nodes) === node).length;
      expect(Math.abs(share - 1_000)).toBeLessThan(150);
    }
    for (const key of keys) expect(rendezvous(key, nodes)).toBe(rendezvous(key, [...nodes].reverse()));
  });

  it('needs a node', () => {
    expect(() => rendezvous('x', [])).toThrow(RangeError);
  });
});
