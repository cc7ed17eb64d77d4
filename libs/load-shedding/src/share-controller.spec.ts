import { describe, expect, it } from '@jest/globals';
import { ShareController } from './share-controller.js';

const PERIOD_MS = 200;
const TARGET_LAG_MS = 500;

interface Step {
  readonly atMs: number;
  readonly lagMs: number;
  readonly share: number;
  readonly taken: number;
  readonly isIdle: boolean;
}

/**
 * A partition in a box: pings come in at `offered`, gateways hold them for one period, the writer takes at most
 * `capacity`, and what the owner says reaches the gateways one period later.
 */
function drive(
  offered: (atMs: number) => number,
  capacity: (atMs: number) => number,
  seconds: number,
  { seed = 1, isOfferedTold = true } = {},
): Step[] {
  const controller = new ShareController();
  const queue: { atMs: number; pings: number }[] = [];
  const steps: Step[] = [];
  let random = seed;
  const noise = () => {
    random = (Math.imul(random, 1_103_515_245) + 12_345) >>> 0;
    return 1 + ((random / 2 ** 32 - 0.5) * 2) / 5;
  };
  let [share, told, onItsWay] = [1, 1, 0];
  for (let atMs = 0; atMs < seconds * 1_000; atMs += PERIOD_MS) {
    queue.push({ atMs: atMs - PERIOD_MS, pings: onItsWay });
    onItsWay = (offered(atMs) * share * noise() * PERIOD_MS) / 1_000;
    share = told;
    let left = (capacity(atMs) * PERIOD_MS) / 1_000;
    const before = left;
    for (let head = queue[0]; head !== undefined && left > 0; head = queue[0]) {
      const taken = Math.min(left, head.pings);
      head.pings -= taken;
      left -= taken;
      if (head.pings <= 1e-9) queue.shift();
    }
    const lagMs = queue[0] === undefined ? 0 : atMs - queue[0].atMs;
    told = controller.update({
      nowMs: atMs,
      lagMs,
      targetLagMs: TARGET_LAG_MS,
      offeredPerSecond: isOfferedTold ? offered(atMs) : undefined,
      takenPings: before - left,
      waitingPings: queue.reduce((sum, { pings }) => sum + pings, 0),
    });
    steps.push({ atMs, lagMs, share: told, taken: before - left, isIdle: left > 0 });
  }
  return steps;
}

const settled = (steps: readonly Step[], fromMs = 10_000) => steps.filter(({ atMs }) => atMs >= fromMs);
const p95 = (values: readonly number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length * 0.95)] as number;
const meanOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

describe('the share of pings admitted', () => {
  it.each([1, 1.2, 2, 4, 10])('settles within ten seconds at %d times what the writer takes', (times) => {
    for (const capacity of [40, 1_000]) {
      const steps = settled(
        drive(
          () => capacity * times,
          () => capacity,
          60,
        ),
      );
      expect(p95(steps.map(({ lagMs }) => lagMs))).toBeLessThanOrEqual(2 * TARGET_LAG_MS);
      expect(meanOf(steps.map(({ taken }) => taken))).toBeGreaterThan(0.95 * capacity * (PERIOD_MS / 1_000));
    }
  });

  it('sheds nothing while the writer keeps up', () => {
    const steps = drive(
      () => 800,
      () => 1_000,
      60,
    );
    expect(steps.every(({ share }) => share === 1)).toBe(true);
  });

  it('settles as well when nobody tells what is offered', () => {
    const steps = settled(
      drive(
        () => 2_000,
        () => 1_000,
        90,
        { isOfferedTold: false },
      ),
      30_000,
    );
    expect(p95(steps.map(({ lagMs }) => lagMs))).toBeLessThanOrEqual(2 * TARGET_LAG_MS);
  });

  it('leaves no backlog five seconds after a burst', () => {
    const steps = drive(
      (atMs) => (atMs >= 10_000 && atMs < 70_000 ? 4_000 : 800),
      () => 1_000,
      90,
    );
    expect(settled(steps, 75_000).every(({ lagMs }) => lagMs <= PERIOD_MS)).toBe(true);
    expect(settled(steps, 80_000).every(({ share }) => share > 0.95)).toBe(true);
  });

  it('follows a writer that becomes slower, and one that becomes faster', () => {
    const steps = drive(
      () => 4_000,
      (atMs) => (atMs < 30_000 ? 2_000 : atMs < 60_000 ? 500 : 3_000),
      120,
    );
    expect(
      p95(steps.filter(({ atMs }) => atMs >= 45_000 && atMs < 60_000).map(({ lagMs }) => lagMs)),
    ).toBeLessThanOrEqual(1_200);
    expect(meanOf(settled(steps, 90_000).map(({ taken }) => taken))).toBeGreaterThan(0.9 * 3_000 * (PERIOD_MS / 1_000));
  });

  it.each([20, 1_000])(
    'is whole again soon after a writer at %d pings a second stood still for a while',
    (perSecond) => {
      for (const stallMs of [1_000, 3_000, 30_000]) {
        const isStalled = (atMs: number) => atMs >= 10_000 && atMs < 10_000 + stallMs;
        const steps = drive(
          () => perSecond,
          (atMs) => (isStalled(atMs) ? 0 : 10 * perSecond),
          120,
        );
        const after = settled(steps, 10_000 + stallMs + 15_000);
        expect(after.every(({ share }) => share === 1)).toBe(true);
      }
    },
  );

  it('goes on from the share that gateways admit when an owner takes over', () => {
    const controller = new ShareController(0.1);
    const period = { lagMs: 500, targetLagMs: 500, offeredPerSecond: 10_000, takenPings: 200, waitingPings: 500 };
    controller.update({ ...period, nowMs: 0 });
    for (let nowMs = 200; nowMs <= 2_000; nowMs += 200) {
      const share = controller.update({ ...period, nowMs });
      expect(share).toBeGreaterThan(0.02);
      expect(share).toBeLessThan(0.2);
    }
  });
});
