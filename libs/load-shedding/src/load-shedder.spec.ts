import { STATUSES, type Status } from '@hexfleet/ping';
import { DEFAULT_POLICY, type ShedPolicy } from '@hexfleet/shed-policy';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { LoadShedder, type PolicyOfPing, type SheddablePing } from './load-shedder.js';
import { stretchOfStatus } from './ping-priority.js';

const START_MS = 1_700_000_000_000;
const TUNE_EVERY_MS = 200;

interface Road {
  readonly drivers: number;
  readonly intervalMs: number;
  readonly lengthMs: number;
  readonly seed: number;
  /** Of the interval, evenly to either side. */
  readonly jitter?: number;
  readonly statusOf?: (driver: number) => Status;
  /** All stand still. */
  readonly isJam?: boolean;
}

interface Decided {
  readonly ping: SheddablePing;
  readonly isShed: boolean;
  readonly stretch: number;
}

function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

const mixedStatus = (driver: number) => STATUSES[driver % STATUSES.length] as Status;
/** Half of a fleet waits, and a tenth each has a rider or is on its way to one. */
const usualStatus = (driver: number): Status => {
  const tenth = driver % 10;
  if (tenth === 0) return 'on_trip';
  if (tenth === 1) return 'en_route';
  return tenth < 7 ? 'available' : 'idle';
};

/** Pings of a fleet that drives and turns, by time. */
function pingsOf({ drivers, intervalMs, lengthMs, seed, jitter = 0, statusOf = usualStatus, isJam = false }: Road) {
  const random = randomFrom(seed);
  const pings: SheddablePing[] = [];
  for (let driver = 0; driver < drivers; driver++) {
    let [latDeg, lngDeg, headingDeg] = [37 + random() / 10, -122 + random() / 10, 90 * Math.floor(4 * random())];
    const speedMps = isJam ? 0 : 4 + 12 * random();
    const offsetMs = (intervalMs * driver) / drivers;
    for (let atMs = offsetMs; atMs < lengthMs; atMs += intervalMs * (1 + jitter * (2 * random() - 1))) {
      const driverId = `d-${driver}`;
      const capturedAtMs = START_MS + Math.round(atMs);
      pings.push({ driverId, latDeg, lngDeg, headingDeg, speedMps, capturedAtMs, status: statusOf(driver) });
      const wayDeg = (speedMps * intervalMs) / 1_000 / 111_195;
      latDeg += wayDeg * Math.cos((headingDeg * Math.PI) / 180);
      lngDeg += (wayDeg * Math.sin((headingDeg * Math.PI) / 180)) / Math.cos((latDeg * Math.PI) / 180);
      if (random() < 0.1) headingDeg = (headingDeg + 90) % 360;
    }
  }
  return pings.sort((a, b) => a.capturedAtMs - b.capturedAtMs);
}

function inForce(change: Partial<ShedPolicy> = {}): PolicyOfPing {
  return { policy: { ...DEFAULT_POLICY, ...change }, overrideId: undefined };
}

function decideAll(pings: readonly SheddablePing[], share: number, policy = inForce()): Decided[] {
  const shedder = new LoadShedder(1, { driversRemembered: 100_000 });
  let tunedAtMs = Number.NEGATIVE_INFINITY;
  return pings.map((ping) => {
    if (ping.capturedAtMs - tunedAtMs >= TUNE_EVERY_MS) {
      shedder.tunePartition(0, share);
      shedder.endPeriod(0);
      tunedAtMs = ping.capturedAtMs;
    }
    const code = shedder.decide(ping, 0, policy);
    return { ping, isShed: code !== undefined || shedder.isShadowShed, stretch: shedder.explanation.stretch };
  });
}

function shareAdmitted(decided: readonly Decided[]): number {
  return decided.filter(({ isShed }) => !isShed).length / decided.length;
}

/** The longest time without an admitted ping, by status, of drivers that ping; the first ones are left out. */
function longestSilenceMs(decided: readonly Decided[], fromMs: number): Record<Status, number> {
  const heardAtMs = new Map<string, number>();
  const longest = { on_trip: 0, en_route: 0, available: 0, idle: 0 };
  for (const { ping, isShed } of decided) {
    const sinceMs = heardAtMs.get(ping.driverId) ?? START_MS;
    const silentMs = ping.capturedAtMs - sinceMs;
    if (ping.capturedAtMs >= START_MS + fromMs) longest[ping.status] = Math.max(longest[ping.status], silentMs);
    if (!isShed) heardAtMs.set(ping.driverId, ping.capturedAtMs);
  }
  return longest;
}

const anySeed = fc.integer({ min: 1, max: 2_147_483_646 });
const few = { numRuns: 6 };

describe('silence bounds', () => {
  // At a fix a second, bounds of 5, 8, 15 and 25 s need some 10% of the usual fleet's pings.
  it.each([0, 0.2])('hold while they fit into the share, with intervals jittered by %d', (jitter) => {
    fc.assert(
      fc.property(anySeed, fc.double({ min: 0.2, max: 0.6, noNaN: true }), (seed, share) => {
        const road = { drivers: 200, intervalMs: 1_000, lengthMs: 120_000, seed, jitter };
        const longest = longestSilenceMs(decideAll(pingsOf(road), share), 40_000);
        const slackMs = 2 * jitter * road.intervalMs;
        for (const status of STATUSES)
          expect(longest[status]).toBeLessThanOrEqual(DEFAULT_POLICY.maxSilenceMs[status] + slackMs);
      }),
      few,
    );
  });

  it('stretch by one factor when they do not fit, lowest status first', () => {
    fc.assert(
      fc.property(anySeed, fc.constantFrom(0.02, 0.05, 0.08), (seed, share) => {
        const road = { drivers: 200, intervalMs: 1_000, lengthMs: 500_000, seed };
        const decided = decideAll(pingsOf(road), share);
        const settled = decided.filter(({ ping }) => ping.capturedAtMs >= START_MS + 200_000);
        const stretch = settled.reduce((most, one) => Math.max(most, one.stretch), 1);
        expect(stretch).toBeGreaterThan(1);
        const longest = longestSilenceMs(decided, 300_000);
        STATUSES.forEach((status, index) => {
          const boundMs = stretchOfStatus(stretch, index) * DEFAULT_POLICY.maxSilenceMs[status];
          expect(longest[status]).toBeLessThanOrEqual(boundMs + road.intervalMs);
        });
      }),
      few,
    );
  });
});

describe('the share admitted', () => {
  it('is what a fixed level leaves, of cars that drive, stand or are all alike', () => {
    fc.assert(
      fc.property(anySeed, fc.double({ min: 0.2, max: 0.9, noNaN: true }), fc.boolean(), (seed, fixedLevel, isJam) => {
        const road = {
          drivers: 300,
          intervalMs: 1_000,
          lengthMs: 120_000,
          seed,
          isJam,
          statusOf: () => 'idle' as const,
        };
        const pings = pingsOf(road);
        const decided = decideAll(pings, 1, inForce({ mode: 'fixed', fixedLevel }));
        const settled = decided.slice(decided.length / 3);
        expect(Math.abs(shareAdmitted(settled) - (1 - fixedLevel))).toBeLessThan(0.03);
      }),
      few,
    );
  });

  it('is met as well where many errors are exactly equal', () => {
    const policy = inForce({ mode: 'fixed', fixedLevel: 0.6 });
    const statusOf = () => 'idle' as const;
    const road = { drivers: 300, intervalMs: 1_000, lengthMs: 120_000, seed: 5, statusOf };
    // Each phone says that it stands while it drives north at 8 m/s: whoever was silent for as long is as wrong.
    const pings = pingsOf(road).map((ping) => {
      const latDeg = 37 + (8 * (ping.capturedAtMs - START_MS)) / 1_000 / 111_195;
      return { ...ping, latDeg, lngDeg: -122, headingDeg: 0, speedMps: 0 };
    });
    const decided = decideAll(pings, 1, policy);
    expect(Math.abs(shareAdmitted(decided.slice(decided.length / 3)) - 0.4)).toBeLessThan(0.03);
  });

  it('is met at once when mode off ends: what was admitted under it is not owed', () => {
    fc.assert(
      fc.property(anySeed, (seed) => {
        const [off, adaptive] = [inForce({ mode: 'off' }), inForce()];
        const shedder = new LoadShedder(1, { driversRemembered: 1_000 });
        const offUntilMs = START_MS + 60_000;
        const lately: boolean[] = [];
        let tunedAtMs = Number.NEGATIVE_INFINITY;
        for (const ping of pingsOf({ drivers: 300, intervalMs: 1_000, lengthMs: 63_000, seed })) {
          if (ping.capturedAtMs - tunedAtMs >= TUNE_EVERY_MS) {
            shedder.tunePartition(0, 0.5);
            shedder.endPeriod(0);
            tunedAtMs = ping.capturedAtMs;
          }
          const isOff = ping.capturedAtMs < offUntilMs;
          const isAdmitted = shedder.decide(ping, 0, isOff ? off : adaptive) === undefined;
          if (isOff) expect(isAdmitted).toBe(true);
          else lately.push(isAdmitted);
        }
        const share = lately.filter((isAdmitted) => isAdmitted).length / lately.length;
        expect(Math.abs(share - 0.5)).toBeLessThan(0.1);
      }),
      few,
    );
  });

  it('of a fixed level goes on under a policy made anew of the same level, and each override learns for itself', () => {
    const shedder = new LoadShedder(1, { driversRemembered: 1_000 });
    const anew = () => inForce({ mode: 'fixed', fixedLevel: 0.7 });
    const first = anew();
    // Each phone says that it stands: whoever drives is off.
    for (const ping of pingsOf({ drivers: 200, intervalMs: 1_000, lengthMs: 60_000, seed: 4 })) {
      shedder.decide({ ...ping, speedMps: 0 }, 0, first);
    }
    const { thresholdM } = shedder.pressureOf(0, first);
    expect(thresholdM).toBeGreaterThan(1);
    expect(shedder.pressureOf(0, anew()).thresholdM).toBe(thresholdM);
    expect(shedder.pressureOf(0, { ...anew(), overrideId: 'o-1' }).thresholdM).toBe(0);
    expect(shedder.pressureOf(0, inForce({ mode: 'fixed', fixedLevel: 0.6 })).thresholdM).toBe(0);
    expect(shedder.pressureOf(0, first).thresholdM).toBe(thresholdM);
  });

  it('is all of them with mode off', () => {
    const pings = pingsOf({ drivers: 50, intervalMs: 1_000, lengthMs: 20_000, seed: 1 });
    expect(shareAdmitted(decideAll(pings, 0.01, inForce({ mode: 'off' })))).toBe(1);
  });

  it('is met from the first second by a gateway that has just started, without a wave when bounds run out', () => {
    fc.assert(
      fc.property(anySeed, (seed) => {
        const road = { drivers: 3_000, intervalMs: 4_000, lengthMs: 60_000, seed, statusOf: () => 'idle' as const };
        const decided = decideAll(
          pingsOf(road),
          0.1,
          inForce({ maxSilenceMs: { ...DEFAULT_POLICY.maxSilenceMs, idle: 60_000 } }),
        );
        for (let fromMs = 0; fromMs < road.lengthMs; fromMs += 2_000) {
          const atMs = ({ ping }: Decided) => ping.capturedAtMs - START_MS;
          const share = shareAdmitted(decided.filter((one) => atMs(one) >= fromMs && atMs(one) < fromMs + 2_000));
          expect(share).toBeGreaterThan(0.03);
          expect(share).toBeLessThan(0.2);
        }
      }),
      few,
    );
  });
});

describe('a decision', () => {
  const road = { drivers: 100, intervalMs: 2_000, lengthMs: 60_000, jitter: 0.3, statusOf: mixedStatus };

  it('follows from its inputs alone', () => {
    fc.assert(
      fc.property(anySeed, (seed) => {
        const pings = pingsOf({ ...road, seed });
        expect(decideAll(pings, 0.3)).toEqual(decideAll(pings, 0.3));
      }),
      few,
    );
  });

  it('is made in shadow as without it, and drops nothing', () => {
    fc.assert(
      fc.property(anySeed, fc.constantFrom<ShedPolicy['mode']>('adaptive', 'fixed'), (seed, mode) => {
        const pings = pingsOf({ ...road, seed });
        const change = { mode, fixedLevel: 0.7 };
        const inShadow = inForce({ ...change, shadow: true });
        expect(decideAll(pings, 0.3, inShadow)).toEqual(decideAll(pings, 0.3, inForce(change)));
        const shedder = new LoadShedder(1, { driversRemembered: 1_000 });
        shedder.tunePartition(0, 0.1);
        for (const ping of pings) {
          expect(shedder.drops(ping, 0, inShadow)).toBe(false);
          expect(shedder.decide(ping, 0, inShadow)).toBeUndefined();
        }
      }),
      few,
    );
  });

  it('puts a change of status before any error of place', () => {
    const shedder = new LoadShedder(1, { driversRemembered: 1_000 });
    const inForce: PolicyOfPing = { policy: DEFAULT_POLICY, overrideId: undefined };
    const at = (driver: number, second: number, status: Status, latDeg: number): SheddablePing => ({
      ...{ driverId: `d-${driver}`, lngDeg: -122, headingDeg: 0, speedMps: 0, status, latDeg },
      capturedAtMs: START_MS + second * 1_000,
    });
    for (let driver = 0; driver < 500; driver++) shedder.decide(at(driver, 0, 'available', 37), 0, inForce);
    shedder.tunePartition(0, 0.2);
    for (let driver = 1; driver < 500; driver++) shedder.decide(at(driver, 1, 'available', 37.01), 0, inForce);
    shedder.endPeriod(0);
    shedder.tunePartition(0, 0.2);
    expect(shedder.decide(at(0, 1, 'idle', 37), 0, inForce)).toBeUndefined();
    expect(shedder.explanation.isUrgent).toBe(true);
    expect(shedder.decide(at(0, 2, 'idle', 37), 0, inForce)).toBe('low_value');
  });

  it('names why a ping is shed', () => {
    const pings = pingsOf({ ...road, seed: 3 });
    const codesUnder = (policy: PolicyOfPing) => {
      const shedder = new LoadShedder(1, { driversRemembered: 1_000 });
      shedder.tunePartition(0, 0.2);
      return new Set(pings.map((ping) => shedder.decide(ping, 0, policy)).filter((code) => code !== undefined));
    };
    expect(codesUnder(inForce())).toEqual(new Set(['low_value']));
    expect(codesUnder(inForce({ mode: 'fixed', fixedLevel: 0.9 }))).toEqual(new Set(['fixed_level']));
    const byOverride = { ...inForce({ mode: 'fixed', fixedLevel: 0.9 }), overrideId: 'o-1' };
    expect(codesUnder(byOverride)).toEqual(new Set(['override']));
  });

  it('before decoding is the same as after', () => {
    fc.assert(
      fc.property(anySeed, (seed) => {
        const pings = pingsOf({ ...road, seed });
        const shedder = new LoadShedder(1, { driversRemembered: 1_000 });
        const withoutLook = decideAll(pings, 0.3).map(({ isShed }) => isShed);
        let tunedAtMs = Number.NEGATIVE_INFINITY;
        const withLook = pings.map((ping) => {
          if (ping.capturedAtMs - tunedAtMs >= TUNE_EVERY_MS) {
            shedder.tunePartition(0, 0.3);
            shedder.endPeriod(0);
            tunedAtMs = ping.capturedAtMs;
          }
          return shedder.drops(ping, 0, inForce()) || shedder.decide(ping, 0, inForce()) !== undefined;
        });
        expect(withLook).toEqual(withoutLook);
      }),
      few,
    );
  });

  it('in one partition is not touched by the pressure of another', () => {
    const shedder = new LoadShedder(2, { driversRemembered: 1_000 });
    shedder.tunePartition(0, 0.05);
    shedder.tunePartition(1, 1);
    const policy = inForce();
    for (const ping of pingsOf({ ...road, seed: 9 })) {
      const partition = Number(ping.driverId.slice(2)) % 2;
      const code = shedder.decide(ping, partition, policy);
      if (partition === 1) expect(code).toBeUndefined();
    }
    expect(shedder.pressureOf(1, policy).thresholdM).toBe(0);
  });
});
