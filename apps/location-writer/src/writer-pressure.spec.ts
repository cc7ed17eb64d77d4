import type { GatewaySignals } from '@hexfleet/load-shedding';
import { NO_TOTALS } from '@hexfleet/partition-table';
import { beforeEach, describe, expect, it } from '@jest/globals';
import type { PartitionRunner } from './partition-runner.js';
import { WriterPressure } from './writer-pressure.js';

const START_MS = 1_000_000;
const BEAT_MS = 200;
const TARGET_MS = 500;

/** A partition whose queue is a number, in place of one that Redis and NATS stand behind. */
interface Queue {
  readonly partition: number;
  readonly epoch: number;
  state: PartitionRunner['state'];
  queued: number;
}

let nowMs: number;
let pressure: WriterPressure;
beforeEach(() => {
  nowMs = START_MS;
  pressure = new WriterPressure('w', () => TARGET_MS);
});

function queue(partition: number, epoch = 1): Queue {
  return { partition, epoch, state: 'running', queued: 0 };
}

/** Its pings have waited as long as 100 a second take. */
function runnerOf(one: Queue): PartitionRunner {
  const lagMs = () => one.queued * 10;
  return Object.assign(one, { totals: NO_TOTALS, backlogMessages: 2, lagMs }) as unknown as PartitionRunner;
}

function hear(rows: readonly { partition: number; offeredPerSecond: number; share?: number }[]): void {
  const partitions = rows.map((row) => ({ share: 1, thresholdM: 0, silenceStretch: 1, ...row }));
  pressure.hear({ gateway: 'g', atMs: nowMs, partitions } as unknown as GatewaySignals, nowMs);
}

function beat(...queues: Queue[]) {
  nowMs += BEAT_MS;
  return pressure.settle(
    queues.map(runnerOf),
    ({ partition }) => queues.find((one) => one.partition === partition)?.queued ?? 0,
    nowMs,
  );
}

describe('what a writer tells of its pressure', () => {
  it('is nothing until gateways had time to tell what they admit', () => {
    const one = queue(0);
    expect(pressure.settle([runnerOf(one)], () => 0, nowMs)).toBeUndefined();
    expect([beat(one), beat(one)]).toEqual([undefined, undefined]);
    expect(beat(one)).toMatchObject({ writer: 'w', atMs: nowMs, partitions: [{ partition: 0, share: 1 }] });
  });

  it('tells of partitions that it runs, and of no others', () => {
    const queues = [queue(0), { ...queue(1), state: 'taking over' as const }, { ...queue(2), state: 'ended' as const }];
    for (let i = 0; i < 4; i++) beat(...queues);
    expect(beat(...queues)?.partitions).toEqual([
      { partition: 0, epoch: 1, lagMs: 0, share: 1, backlogMessages: 2, written: 0, superseded: 0, expired: 0 },
    ]);
  });

  it('asks for less where pings wait, and nowhere else', () => {
    const [crowded, quiet] = [queue(0), queue(1)];
    for (let i = 0; i < 10; i++) {
      hear([
        { partition: 0, offeredPerSecond: 400 },
        { partition: 1, offeredPerSecond: 20 },
      ]);
      crowded.queued += 60;
      pressure.noteTaken(0, 20);
      pressure.noteTaken(1, 4);
      beat(crowded, quiet);
    }
    const [first, second] = beat(crowded, quiet)?.partitions ?? [];
    expect(first?.share).toBeLessThan(0.3);
    expect(second?.share).toBe(1);
  });

  it('knows what it can take from what it took while pings waited', () => {
    const one = queue(0);
    one.queued = 30;
    let share = 1;
    for (let i = 0; i < 20; i++) {
      hear([{ partition: 0, offeredPerSecond: 400 }]);
      pressure.noteTaken(0, 20);
      share = beat(one)?.partitions[0]?.share ?? 1;
    }
    // A hundred a second of four hundred, with a queue that is neither long nor short.
    expect(share).toBeGreaterThan(0.12);
    expect(share).toBeLessThan(0.45);
  });

  it('goes on from what gateways admit, when it takes over', () => {
    hear([{ partition: 0, offeredPerSecond: 400, share: 0.2 }]);
    const one = queue(0);
    one.queued = 50;
    for (let i = 0; i < 3; i++) beat(one);
    hear([{ partition: 0, offeredPerSecond: 400, share: 0.2 }]);
    expect(beat(one)?.partitions[0]?.share).toBeCloseTo(0.2);
  });

  it('goes on anew with another owner of the same partition', () => {
    const one = queue(0);
    for (let i = 0; i < 20; i++) {
      hear([{ partition: 0, offeredPerSecond: 400, share: 1 }]);
      one.queued += 76;
      pressure.noteTaken(0, 4);
      beat(one);
    }
    expect(beat(one)?.partitions[0]?.share).toBeLessThan(0.1);
    expect(beat(queue(0, 2))?.partitions[0]).toMatchObject({ epoch: 2, share: 1 });
  });
});

describe('the weight of a partition in a budget that is too small', () => {
  it('is what it is usually offered: a crowd takes nothing from the others', () => {
    const queues = [queue(0), queue(1)];
    for (let i = 0; i < 100; i++) {
      hear([
        { partition: 0, offeredPerSecond: 50 },
        { partition: 1, offeredPerSecond: 100 },
      ]);
      beat(...queues);
    }
    const [first, second] = queues.map(runnerOf);
    hear([
      { partition: 0, offeredPerSecond: 5_000 },
      { partition: 1, offeredPerSecond: 100 },
    ]);
    (queues[0] as Queue).queued = 5_000;
    for (let i = 0; i < 3; i++) beat(...queues);
    expect(pressure.weightOf(first as PartitionRunner, nowMs)).toBeCloseTo(50);
    expect(pressure.weightOf(second as PartitionRunner, nowMs)).toBeCloseTo(100);
  });

  it('is what it is offered now, before anything was learnt', () => {
    hear([{ partition: 0, offeredPerSecond: 30 }]);
    expect(pressure.weightOf(runnerOf(queue(0)), nowMs)).toBe(30);
    expect(pressure.weightOf(runnerOf(queue(7)), nowMs)).toBeGreaterThan(0);
  });
});
