import { performance } from 'node:perf_hooks';
import { HomeCells } from '@hexfleet/cells';
import { LoadShedder, type OverloadStage } from '@hexfleet/load-shedding';
import { DEFAULT_POLICY } from '@hexfleet/shed-policy';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Backlog } from '../intake/backlog.js';
import { GatewayPressure } from './gateway-pressure.js';
import { PingHints } from './ping-hints.js';
import { PolicyInUse } from './policy-in-use.js';

const START_MS = 1_700_000_000_000;
const TICK_MS = 200;
const PARTITIONS = 4;
const MAX_PENDING_PINGS = 1_000;

let nowMs: number;
let backlog: Backlog;
let stages: OverloadStage[];
let hints: PingHints;
let pressure: GatewayPressure;

beforeEach(() => {
  jest.spyOn(performance, 'eventLoopUtilization').mockReturnValue({ idle: 0, active: 0, utilization: 0.3 });
  nowMs = START_MS;
  backlog = new Backlog(MAX_PENDING_PINGS);
  stages = [];
  hints = new PingHints(PARTITIONS, { afterMs: 4_000, minMoveM: 25 }, () => 0);
  const cells = new HomeCells({ resolution: 7, partitions: PARTITIONS });
  pressure = new GatewayPressure({
    ...{ gatewayId: 'g', partitions: PARTITIONS, backlog, maxPendingPings: MAX_PENDING_PINGS, hints },
    shedder: new LoadShedder(PARTITIONS, { driversRemembered: 1_000 }),
    policies: new PolicyInUse(DEFAULT_POLICY, () => [], cells, 50),
    heldBytes: () => 0,
    isPolicyHeard: () => true,
    nowMs: () => nowMs,
    onStage: (stage) => stages.push(stage),
  });
});
afterEach(() => {
  jest.restoreAllMocks();
});

/** All owners tell of no pressure; then some ticks. */
function tick(times = 1): void {
  const calm = { epoch: 1, share: 1, lagMs: 0, backlogMessages: 0, written: 0, superseded: 0, expired: 0 };
  for (let i = 0; i < times; i++) {
    nowMs += TICK_MS;
    const partitions = Array.from({ length: PARTITIONS }, (_, partition) => ({ partition, ...calm }));
    pressure.hear({ writer: 'w', atMs: nowMs, partitions });
    pressure.offered.note(1);
    pressure.tick();
  }
}

const admittedShares = () => pressure.report().partitions.map(({ partition, share }) => [partition, share]);

describe('a gateway’s own trouble', () => {
  it('is none while few pings are held for the stream', () => {
    backlog.pings = MAX_PENDING_PINGS / 4;
    tick(50);
    expect(pressure.report()).toMatchObject({ stage: 'calm', ownShare: 1, loopUtilization: 0.3 });
    expect(admittedShares()).toEqual([[1, 1]]);
    expect(stages).toEqual([]);
  });

  it('lowers what is admitted everywhere, at the stage shed_more, until it is over', () => {
    backlog.pings = MAX_PENDING_PINGS;
    expect(backlog.isFull).toBe(true);
    const shares = Array.from({ length: 15 }, () => {
      tick();
      return pressure.ownShare;
    });
    expect(shares).toEqual([...shares].sort((a, b) => b - a));
    expect(shares.at(-1)).toBeLessThan(0.25);
    expect(pressure.report()).toMatchObject({ stage: 'shed_more', ownShare: shares.at(-1) });
    expect(admittedShares()).toEqual([[1, shares.at(-1)]]);
    for (let partition = 0; partition < PARTITIONS; partition++) {
      expect(pressure.shareOf(partition)).toBe(shares.at(-1));
      expect(hints.at(partition, 'idle').afterMs).toBeGreaterThan(20_000);
    }
    backlog.pings = 0;
    tick(100);
    expect(pressure.report()).toMatchObject({ stage: 'calm', ownShare: 1 });
    expect(admittedShares()).toEqual([[1, 1]]);
    expect(hints.at(0, 'idle')).toBe(hints.usual);
    expect(stages).toEqual(['shed_more', 'calm']);
  });

  it('leaves it to the owners where they ask for less', () => {
    backlog.pings = MAX_PENDING_PINGS;
    tick(5);
    const told = { epoch: 1, share: 0.01, lagMs: 900, backlogMessages: 9, written: 0, superseded: 0, expired: 0 };
    pressure.hear({ writer: 'w', atMs: nowMs, partitions: [{ partition: 2, ...told }] });
    expect(pressure.shareOf(2)).toBe(0.01);
    expect(pressure.shareOf(1)).toBe(pressure.ownShare);
  });
});

describe('a clock that is put back by a minute', () => {
  beforeEach(() => {
    tick(5);
    nowMs -= 60_000;
  });

  it('does not stop ticks: trouble that begins then lowers the share within a second', () => {
    backlog.pings = MAX_PENDING_PINGS;
    tick(6);
    expect(pressure.ownShare).toBeLessThan(0.6);
    expect(pressure.shareOf(0)).toBe(pressure.ownShare);
    expect(stages).toEqual(['shed_more']);
    jest.spyOn(performance, 'eventLoopUtilization').mockReturnValue({ idle: 0, active: 1, utilization: 1 });
    tick(12);
    expect(stages).toEqual(['shed_more', 'decide_before_decoding']);
  });

  it('makes no trouble where there is none', () => {
    for (let i = 0; i < 10; i++) {
      tick();
      expect(pressure.ownShare).toBe(1);
      expect(admittedShares().every(([, share]) => share === 1)).toBe(true);
    }
    expect(stages).toEqual([]);
  });

  it('relieves nobody of trouble that there is', () => {
    nowMs += 60_000;
    backlog.pings = MAX_PENDING_PINGS;
    tick(5);
    const before = pressure.ownShare;
    nowMs -= 60_000;
    tick(5);
    expect(pressure.ownShare).toBeLessThan(before);
  });
});
