import type { ControlBus } from '@hexfleet/ping-bus';
import { beforeEach, describe, expect, it } from '@jest/globals';
import type { OpsSettings } from '../settings.js';
import { FleetReports } from './fleet-reports.js';
import { PressureController } from './pressure.controller.js';

const OWNED = { epoch: 1, lagMs: 200, share: 0.5, backlogMessages: 0, written: 1, superseded: 0, expired: 0 };
const SHED = { offeredPerSecond: 10, share: 0.5, thresholdM: 20, silenceStretch: 1 };

let nowMs: number;
let tell: (subject: string, value: unknown) => void;
let reports: FleetReports;

beforeEach(() => {
  nowMs = 1_000_000;
  const listeners = new Map<string, (value: unknown) => void>();
  const subscribe = (subject: string, onValue: (value: unknown) => void) => {
    listeners.set(subject, onValue);
    return { close: () => {} };
  };
  tell = (subject, value) => listeners.get(subject)?.(value);
  reports = new FleetReports({ subscribe } as unknown as ControlBus, () => nowMs);
});

describe('reports of a fleet', () => {
  it('lose the rows that cannot be right, and the pressure is told from the others', () => {
    const pressure = new PressureController(reports, { partitions: 2 } as OpsSettings);
    const writer = { writer: 'w', atMs: 1, partitions: [null, { partition: 1, ...OWNED }, { partition: 0 }, 7] };
    const gateway = { gateway: 'g', atMs: 1, partitions: [{ partition: 1, ...SHED }, null, { partition: 0 }] };
    tell('signals.writer', writer);
    tell('signals.gateway', gateway);
    expect(pressure.pressure()).toMatchObject({
      ...{ silent: true, silenceStretch: 1 },
      partitions: [{ partition: 1, lagSeconds: 0.2, share: 0.5, writer: 'w' }],
      gateways: [{ gateway: 'g', partitions: [{ partition: 1, ...SHED }] }],
    });
  });

  it('are none without a name and rows', () => {
    for (const value of [
      null,
      7,
      'report',
      [],
      {},
      { writer: 'w' },
      { gateway: 'g' },
      { writer: 7, gateway: 7, partitions: [] },
    ]) {
      tell('signals.writer', value);
      tell('signals.gateway', value);
    }
    expect([reports.writers(), reports.gateways()]).toEqual([[], []]);
  });

  it('are the newest of each, by name, and end five seconds after they came', () => {
    for (const [writer, atMs] of [
      ['w-2', 1],
      ['w-1', 2],
      ['w-2', 3],
    ] as const)
      tell('signals.writer', { writer, atMs, partitions: [] });
    expect(reports.writers().map(({ writer, atMs }) => [writer, atMs])).toEqual([
      ['w-1', 2],
      ['w-2', 3],
    ]);
    nowMs += 5_001;
    expect(reports.writers()).toEqual([]);
  });
});
