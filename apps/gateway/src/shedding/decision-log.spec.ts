import type { Explanation } from '@hexfleet/load-shedding';
import type { Ping } from '@hexfleet/ping';
import { describe, expect, it } from '@jest/globals';
import { DecisionLog } from './decision-log.js';

const START_MS = 1_700_000_000_000;
const WATCH_MS = 600_000;
const EXPLANATION: Explanation = {
  ...{ errorM: 12, valueM: 24, silenceMs: 4_000, isUrgent: false, urgency: 0, thresholdM: 30, share: 0.5, stretch: 1 },
};
const SHED = { partition: 3, code: 'low_value', isShadow: false, policyVersion: 9 } as const;
const ADMITTED = { ...SHED, code: undefined };

function logAt() {
  const clock = { nowMs: START_MS };
  return { clock, log: new DecisionLog('g', () => clock.nowMs) };
}

function ping(driverId: string, seq = 0): Ping {
  return { driverId, seq, latDeg: 1, lngDeg: 2, capturedAtMs: START_MS, status: 'available', vehicleClass: '' } as Ping;
}

describe('the log of decisions', () => {
  it('keeps nothing of a driver that nobody has asked for', () => {
    const { log } = logAt();
    expect(log.isWatched('d')).toBe(false);
    log.note(ping('d'), SHED, EXPLANATION);
    expect(log.watch('d').decisions).toEqual([]);
  });

  it('tells of a watched driver what each decision followed from, the newest first', () => {
    const { log, clock } = logAt();
    log.watch('d');
    log.note(ping('d', 1), SHED, EXPLANATION);
    clock.nowMs += 5;
    log.note(ping('d', 2), { ...ADMITTED, isShadow: true }, { ...EXPLANATION, errorM: undefined });
    expect(log.watch('d')).toEqual({
      watchedUntilMs: START_MS + 5 + WATCH_MS,
      decisions: [
        {
          ...{ gateway: 'g', atMs: START_MS + 5, capturedAtMs: START_MS, seq: 2, status: 'available', partition: 3 },
          ...{ outcome: 'admitted', isShadow: true, valueM: 24, silenceMs: 4_000, isUrgent: false },
          ...{ stretch: 1, thresholdM: 30, share: 0.5, policyVersion: 9 },
        },
        {
          ...{ gateway: 'g', atMs: START_MS, capturedAtMs: START_MS, seq: 1, status: 'available', partition: 3 },
          ...{ outcome: 'shed', code: 'low_value', isShadow: false, errorM: 12, valueM: 24, silenceMs: 4_000 },
          ...{ isUrgent: false, stretch: 1, thresholdM: 30, share: 0.5, policyVersion: 9 },
        },
      ],
    });
  });

  it('gives numbers that JSON has, also for what is past any value', () => {
    const { log } = logAt();
    log.watch('d');
    log.note(ping('d'), SHED, {
      ...EXPLANATION,
      valueM: Number.POSITIVE_INFINITY,
      thresholdM: Number.POSITIVE_INFINITY,
    });
    const [decision] = JSON.parse(JSON.stringify(log.watch('d'))).decisions;
    expect([decision.valueM, decision.thresholdM]).toEqual([Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER]);
  });

  it('keeps the last twenty', () => {
    const { log } = logAt();
    log.watch('d');
    for (let seq = 1; seq <= 50; seq++) log.note(ping('d', seq), SHED, EXPLANATION);
    expect(log.watch('d').decisions.map(({ seq }) => seq)).toEqual(Array.from({ length: 20 }, (_, i) => 50 - i));
  });

  it('ends a watch by itself, and goes on with one that is asked for again', () => {
    const { log, clock } = logAt();
    log.watch('asked-again');
    log.watch('asked-once');
    clock.nowMs += WATCH_MS;
    log.watch('asked-again');
    clock.nowMs += 1;
    for (const driver of ['asked-again', 'asked-once']) log.note(ping(driver), SHED, EXPLANATION);
    expect(log.isWatched('asked-once')).toBe(false);
    expect(log.watch('asked-again').decisions).toHaveLength(1);
  });

  it('watches a hundred drivers at a time, and lets go of the one that was asked for longest ago', () => {
    const { log } = logAt();
    for (let driver = 0; driver < 100; driver++) log.watch(`d${driver}`);
    log.watch('d0');
    log.watch('one-more');
    expect(['d0', 'd1', 'd2', 'one-more'].map((driver) => log.isWatched(driver))).toEqual([true, false, true, true]);
  });
});
