import { describe, expect, it } from '@jest/globals';
import { beatMs, Duties, readWriterBeat, type WriterBeat, WriterBoard } from './index.js';

const LEASE = { leaseMs: 3_000 };
const PARTITIONS = 64;
const NOTHING: ReadonlySet<number> = new Set();

/** A writer as the others see it, and how it sees them. */
class Simulated {
  readonly self: Omit<WriterBeat, 'draining' | 'partitions'>;
  readonly board: WriterBoard;
  readonly duties: Duties;

  constructor(writer: string, startedAtMs = 0, session = `session of ${writer}`) {
    this.self = { writer, session, startedAtMs, leaseMs: LEASE.leaseMs };
    this.board = new WriterBoard(this.self, LEASE);
    this.duties = new Duties(writer, this.board, LEASE);
  }

  beat(rest: Partial<WriterBeat> = {}): WriterBeat {
    return { ...this.self, draining: false, partitions: [], ...rest };
  }
}

/** All of them beat and listen for so long; returns the time then. */
function pass(writers: readonly Simulated[], fromMs: number, forMs: number): number {
  const untilMs = fromMs + forMs;
  let nowMs = fromMs;
  for (; nowMs <= untilMs; nowMs += beatMs(LEASE)) {
    for (const { board } of writers) board.passTime(nowMs);
    for (const teller of writers) for (const { board } of writers) board.hear(teller.beat());
  }
  return nowMs - beatMs(LEASE);
}

const shareOf = ({ duties }: Simulated, nowMs: number) => duties.toTake(PARTITIONS, NOTHING, nowMs);

describe('writers that share partitions', () => {
  it('give each partition to exactly one of them, and to a newcomer only its own share', () => {
    const [a, b, c] = ['a', 'b', 'c'].map((name) => new Simulated(name)) as [Simulated, Simulated, Simulated];
    const nowMs = pass([a, b], 0, 1_000);
    const before = [shareOf(a, nowMs), shareOf(b, nowMs)];
    expect(before.flat().sort((x, y) => x - y)).toEqual(Array.from({ length: PARTITIONS }, (_, p) => p));
    const laterMs = pass([a, b, c], nowMs, 1_000);
    const moved = shareOf(c, laterMs);
    expect(moved.length).toBeGreaterThan(PARTITIONS / 6);
    expect([a, b].map((one) => shareOf(one, laterMs))).toEqual(
      before.map((share) => share.filter((partition) => !moved.includes(partition))),
    );
  });

  it('take nothing before they had time to hear the others', () => {
    const late = new Simulated('late');
    late.board.passTime(0);
    expect(shareOf(late, 0)).toEqual([]);
    late.board.passTime(300);
    expect(shareOf(late, 300)).toEqual([]);
    late.board.passTime(600);
    expect(shareOf(late, 600)).toHaveLength(PARTITIONS);
  });

  it('count one as gone that was silent for six tenths of a lease, and one that leaves at once', () => {
    const [a, b, c] = ['a', 'b', 'c'].map((name) => new Simulated(name)) as [Simulated, Simulated, Simulated];
    const nowMs = pass([a, b, c], 0, 1_000);
    expect(a.board.others()).toEqual(['b', 'c']);
    a.board.hear(c.beat({ draining: true }));
    expect(a.board.others()).toEqual(['b']);
    const stillMs = pass([a], nowMs, 0.6 * LEASE.leaseMs);
    expect(a.board.others()).toEqual(['b']);
    pass([a], stillMs, beatMs(LEASE));
    expect(a.board.others()).toEqual([]);
  });

  it('lose nothing when a second process of a name leaves again', () => {
    const [a, b] = ['a', 'b'].map((name) => new Simulated(name)) as [Simulated, Simulated];
    const second = new Simulated('b', 500, 'another session');
    const nowMs = pass([a, b, second], 0, 1_000);
    expect([b.board.isSecondOfItsName, second.board.isSecondOfItsName]).toEqual([false, true]);
    const share = shareOf(a, nowMs);
    for (const { board } of [a, b]) board.hear(second.beat({ draining: true }));
    expect(a.board.others()).toEqual(['b']);
    expect(shareOf(a, nowMs)).toEqual(share);
    // The first one leaves: the second is the only one of the name.
    for (const { board } of [a, second]) board.hear(b.beat({ draining: true }));
    expect(second.board.isSecondOfItsName).toBe(false);
  });

  it('do not take all others for dead after a time in which they did not listen themselves', () => {
    const [a, b] = ['a', 'b'].map((name) => new Simulated(name)) as [Simulated, Simulated];
    const nowMs = pass([a, b], 0, 1_000);
    const share = shareOf(a, nowMs);
    a.board.passTime(nowMs + 15_000);
    expect(shareOf(a, nowMs + 15_000)).toEqual(share);
  });

  it('tell one of two processes of one name, the later one, to keep out of it', () => {
    const first = new Simulated('a', 1, 'x');
    const second = new Simulated('a', 2, 'y');
    const nowMs = pass([first, second], 0, 1_000);
    expect([first.board.isSecondOfItsName, second.board.isSecondOfItsName]).toEqual([false, true]);
    expect(shareOf(first, nowMs)).toHaveLength(PARTITIONS);
    expect(shareOf(second, nowMs)).toEqual([]);
    const aloneMs = pass([second], nowMs, LEASE.leaseMs);
    expect(shareOf(second, aloneMs)).toHaveLength(PARTITIONS);
  });

  it('learn from beats that a partition has a newer owner', () => {
    const [a, b] = ['a', 'b'].map((name) => new Simulated(name)) as [Simulated, Simulated];
    a.board.passTime(0);
    a.board.hear(b.beat({ partitions: [{ partition: 3, epoch: 7, lagMs: 0, drivers: 1 }] }));
    expect([6, 7, 8].map((epoch) => a.board.newerOwner(3, epoch))).toEqual(['b', undefined, undefined]);
    expect(a.board.newerOwner(4, 1)).toBeUndefined();
  });

  it('do not go on taking a partition from one another, but take it at once from who is gone', () => {
    const [a, b] = ['a', 'b'].map((name) => new Simulated(name)) as [Simulated, Simulated];
    let nowMs = pass([a, b], 0, 1_000);
    const [mine] = shareOf(a, nowMs) as [number];
    const waits: number[] = [];
    for (let loss = 0; loss < 4; loss++) {
      a.duties.noteLost(mine, 'b', nowMs);
      const lostAtMs = nowMs;
      while (!shareOf(a, nowMs).includes(mine)) nowMs = pass([a, b], nowMs, beatMs(LEASE));
      waits.push(Math.round((nowMs - lostAtMs) / LEASE.leaseMs));
    }
    expect(waits).toEqual([1, 2, 4, 8]);
    a.duties.noteLost(mine, 'b', nowMs);
    a.board.hear(b.beat({ draining: true }));
    expect(shareOf(a, nowMs)).toContain(mine);
  });
});

describe('a beat', () => {
  it('is none without a name and rows, and loses rows that cannot be right', () => {
    for (const value of [null, 7, {}, { writer: 'w' }, { writer: 'w', session: 's', partitions: [] }]) {
      expect(readWriterBeat(value)).toBeUndefined();
    }
    const row = { partition: 1, epoch: 2, lagMs: 3, drivers: 4 };
    const beat = {
      writer: 'w',
      session: 's',
      startedAtMs: 1,
      leaseMs: 3_000,
      draining: false,
      partitions: [row, null, { partition: 2 }],
    };
    expect(readWriterBeat(beat)?.partitions).toEqual([row]);
  });
});
