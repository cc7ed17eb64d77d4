import { HomeCells } from '@hexfleet/cells';
import { DEFAULT_POLICY } from '@hexfleet/shed-policy';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type RunningHexfleet, startHexfleet, startServers, type TestServers, until } from '../harness/index.js';
import { FleetView, metricsOf, sumOf } from './fleet-view.js';
import { Operator } from './operator.js';
import { WanderingFleet } from './wandering-fleet.js';

/** Pings a second that the writer takes. */
const WRITER_LIMIT = 200;
const CARS = 240;
/** With CARS, four to five times what the writer takes. */
const CROWD_MS = 250;
const USUAL_AFTER_MS = 4_000;
const OVERRIDE_MS = 6_000;
const KEEP_ALL = { mode: 'off', shadow: false, fixedLevel: 0 };

let servers: TestServers;
let hexfleet: RunningHexfleet;
let view: FleetView;
let operator: Operator;

beforeAll(async () => {
  servers = await startServers();
  const args = [...servers.startArgs, '--writer-limit', `${WRITER_LIMIT}`];
  hexfleet = await startHexfleet({ args });
  view = new FleetView(hexfleet);
  operator = new Operator(hexfleet);
});
afterAll(() => hexfleet?.stop());

async function gatewayMetric(name: string): Promise<number> {
  return sumOf(await metricsOf(hexfleet.ready.gateway), `hexfleet_${name}`);
}

/** The smallest share that the gateway admits to a partition where pings come in; undefined where none do. */
async function smallestShare(): Promise<number | undefined> {
  const metrics = await metricsOf(hexfleet.ready.gateway);
  const shares = metrics.filter(({ name }) => name === 'hexfleet_gateway_partition_share').map(({ value }) => value);
  return shares.length === 0 ? undefined : Math.min(...shares);
}

function calm(): Promise<boolean> {
  return until('the writer has caught up', async () => (await operator.lagSeconds()) === 0);
}

/** A ping of one driver that stands in the city; its answer. */
async function pingOf(driverId: string, more: object = {}): Promise<PingAnswer> {
  const ping = { driverId, lat: 37.7749, lng: -122.4194, capturedAtMs: Date.now(), ...more };
  const reply = await view.post({ sentAtMs: Date.now(), pings: [ping] });
  expect(reply.status).toBe(202);
  return reply.json as PingAnswer;
}

interface PingAnswer {
  readonly results: readonly { readonly outcome: string; readonly code?: string }[];
  readonly next: { readonly afterMs: number; readonly minMoveM: number };
}

async function becameOf(driverId: string, more: object = {}): Promise<string> {
  const [result] = (await pingOf(driverId, more)).results;
  return result?.code ?? result?.outcome ?? 'accepted';
}

describe('with far more pings than the writer takes', () => {
  it('sheds those of low value, tells apps to ping less, keeps its books, and recovers', async () => {
    const fleet = new WanderingFleet(view, 'crowd', CARS);
    fleet.start(CROWD_MS);
    await until('pings are shed', () => fleet.count('low_value') > CARS);
    const hints = await until('apps are told to wait longer', async () => {
      const { next: idle } = await pingOf('hinted-idle', { status: 'idle' });
      const { next: available } = await pingOf('hinted-available', { status: 'available' });
      return Math.min(idle.afterMs, available.afterMs) > USUAL_AFTER_MS && { idle, available };
    });
    for (const status of ['idle', 'available'] as const) {
      expect(hints[status].afterMs).toBeLessThanOrEqual(DEFAULT_POLICY.maxSilenceMs[status]);
    }
    const { written } = await view.books();
    await until('the writer goes on', async () => (await view.books()).written > written + 5 * WRITER_LIMIT);
    await fleet.stop();
    expect(fleet.count('overload') + fleet.count('fixed_level') + fleet.count('override')).toBe(0);
    const books = await view.balanced();
    expect(books.shed).toBeGreaterThan(books.received / 4);
    await calm();
    await until('apps are told what is usual, and their pings are taken', async () => {
      const { results, next } = await pingOf('late', { status: 'idle' });
      return results.length === 0 && next.afterMs === USUAL_AFTER_MS && next.minMoveM === 25;
    });
  });
});

describe('the policy', () => {
  it('sheds half where it says so, and none where it is off', async () => {
    await operator.changePolicy({ mode: 'fixed', fixedLevel: 0.5 });
    const halved = new WanderingFleet(view, 'halved', CARS);
    for (let round = 0; round < 8; round++) await halved.ping();
    const shed = halved.count('fixed_level');
    expect(shed + halved.count('accepted')).toBe(8 * CARS);
    expect(shed / (8 * CARS)).toBeGreaterThan(0.4);
    expect(shed / (8 * CARS)).toBeLessThan(0.6);
    await operator.changePolicy(KEEP_ALL);
    const kept = new WanderingFleet(view, 'kept', CARS);
    for (let round = 0; round < 2; round++) await kept.ping();
    expect(kept.count('accepted')).toBe(2 * CARS);
  });

  it('is overridden for a status, until the override ends by itself', async () => {
    const endsAtMs = Date.now() + OVERRIDE_MS;
    await operator.override({ status: 'idle' }, { mode: 'fixed', fixedLevel: 1 }, endsAtMs);
    expect(await becameOf('overridden-1', { status: 'idle' })).toBe('override');
    expect(await becameOf('overridden-2', { status: 'available' })).toBe('accepted');
    await until('idle drivers are heard again', async () => {
      return (await becameOf('overridden-1', { status: 'idle' })) === 'accepted';
    });
    expect(Date.now()).toBeGreaterThanOrEqual(endsAtMs);
  });

  it('is overridden for cells, until the override ends by itself', async () => {
    const there = { lat: 37.3382, lng: -121.8863 };
    const cell = new HomeCells({ resolution: 7, partitions: 64 }).cellOf(there.lat, there.lng);
    const endsAtMs = Date.now() + OVERRIDE_MS;
    await operator.override({ cells: [cell] }, { mode: 'fixed', fixedLevel: 1 }, endsAtMs);
    expect(await becameOf('overridden-3', there)).toBe('override');
    expect(await becameOf('overridden-4')).toBe('accepted');
    await until('drivers there are heard again', async () => (await becameOf('overridden-3', there)) === 'accepted');
    expect(Date.now()).toBeGreaterThanOrEqual(endsAtMs);
  });

  it('counts as a shadow what it would shed, and sheds nothing', async () => {
    await operator.changePolicy({ mode: 'fixed', fixedLevel: 1, shadow: true });
    const before = await gatewayMetric('pings_shadow_shed_total');
    const fleet = new WanderingFleet(view, 'shadowed', 40);
    await fleet.ping();
    expect(fleet.count('accepted')).toBe(40);
    expect((await gatewayMetric('pings_shadow_shed_total')) - before).toBe(40);
    await operator.changePolicy(KEEP_ALL);
  });
});

describe('an operator who asks why', () => {
  it('is told what decisions on a driver followed from, once it is watched', async () => {
    const policyVersion = await operator.changePolicy({ mode: 'fixed', fixedLevel: 1 });
    const ask = async () => await (await operator.get('/v1/drivers/why/decisions')).json();
    expect(await ask()).toMatchObject({ driverId: 'why', watchedUntilMs: expect.any(Number), decisions: [] });
    expect(await becameOf('why', { seq: 7 })).toBe('fixed_level');
    await operator.changePolicy(KEEP_ALL);
    expect(await becameOf('why', { seq: 8, status: 'on_trip' })).toBe('accepted');
    const { decisions } = (await ask()) as { decisions: object[] };
    expect(decisions).toMatchObject([
      { seq: 8, status: 'on_trip', outcome: 'admitted', policyVersion: policyVersion + 1 },
      { seq: 7, status: 'available', outcome: 'shed', code: 'fixed_level', share: 0, isShadow: false, policyVersion },
    ]);
    const numbers = ['valueM', 'thresholdM', 'silenceMs', 'atMs', 'partition'].map((name) => [
      name,
      expect.any(Number),
    ]);
    for (const decision of decisions) expect(decision).toMatchObject(Object.fromEntries(numbers));
  });

  it('must be a viewer or an operator', async () => {
    const { viewer, ops, rider, fleet } = hexfleet.ready.tokens;
    const path = '/v1/drivers/why/decisions';
    const statuses = [];
    for (const token of [viewer, ops, rider, fleet, 'none']) statuses.push((await operator.get(path, token)).status);
    expect(statuses).toEqual([200, 200, 403, 403, 401]);
    expect((await operator.get('/v1/drivers/no%20id/decisions')).status).toBe(400);
  });
});

describe('a phone that gives no heading and no speed', () => {
  it('is carried by the way between its fixes, and what was inferred is told to nobody', async () => {
    const nowMs = Date.now();
    const place = { lat: 37.5, lng: -122.2 };
    await pingOf('silent-phone', { ...place, capturedAtMs: nowMs - 6_000 });
    await pingOf('silent-phone', { ...place, lat: 37.501, capturedAtMs: nowMs });
    const query = `lat=${place.lat}&lng=${place.lng}&radiusM=3000&carry=`;
    const near = async (carry: boolean) => {
      const response = await fetch(`${hexfleet.ready.nearby}/v1/drivers/nearby?${query}${carry}`, {
        headers: { authorization: `Bearer ${hexfleet.ready.tokens.fleet}` },
      });
      const { drivers } = (await response.json()) as { drivers: { id: string; lat: number; lng: number }[] };
      return drivers.find(({ id }) => id === 'silent-phone');
    };
    await until('it is seen where it last was', async () => Math.abs(((await near(false))?.lat ?? 0) - 37.501) < 1e-6);
    const carried = await until('it is carried on', async () => {
      const seen = await near(true);
      return seen !== undefined && seen.lat > 37.5011 && seen;
    });
    expect(carried.lng).toBeCloseTo(place.lng, 4);
    expect(carried).not.toHaveProperty('headingDeg');
    expect(carried).not.toHaveProperty('speedMps');
  });
});

describe('when a part is away', () => {
  beforeAll(() => operator.changePolicy({ mode: 'adaptive' }).then(calm));

  it('admits less and less for a writer that tells nothing, and as before once it is back', async () => {
    const fleet = new WanderingFleet(view, 'steady', 20);
    fleet.start(1_000);
    await until('shares are full', async () => (await smallestShare()) === 1);
    const killed = hexfleet.killApp('writer-1');
    await until('its silence is pressure', async () => {
      return (await gatewayMetric('gateway_silent_partitions')) > 0 && ((await smallestShare()) ?? 1) < 1;
    });
    await killed;
    await until('it is heard again, and shares are full', async () => {
      return (await gatewayMetric('gateway_silent_partitions')) === 0 && (await smallestShare()) === 1;
    });
    await fleet.stop();
    await view.balanced();
  });

  it('says while NATS is away that the policy is not heard of, and which one it goes by', async () => {
    const version = await operator.runningVersion();
    const policyCheck = async () => {
      const response = await fetch(`${hexfleet.ready.gateway}/readyz`);
      return { status: response.status, policy: ((await response.json()) as Readiness).checks.policy };
    };
    await servers.nats.stop();
    const away = await until('the gateway misses the policy', async () => {
      const seen = await policyCheck();
      return !seen.policy.ok && seen;
    });
    expect(away.status).toBe(503);
    expect(away.policy.detail).toBe(`the policy is not heard of: running on version ${version}`);
    expect(await operator.runningVersion()).toBe(version);
    await servers.startNatsAgain();
    await until('the gateway is ready again', async () => (await policyCheck()).status === 200);
    expect(await operator.runningVersion()).toBe(version);
    await until('pings are taken again', async () => (await view.post({ pings: [aPing()] })).status === 202);
  });

  // The last of this file: with a gateway goes its side of the books.
  it('comes back as a gateway with the policy in force, and floods no writer that is far behind', async () => {
    const fleet = new WanderingFleet(view, 'rush', CARS);
    await operator.changePolicy(KEEP_ALL);
    fleet.start(CROWD_MS);
    await until('the writer is far behind', async () => ((await operator.lagSeconds()) ?? 0) > 3);
    const version = await operator.changePolicy({ mode: 'adaptive' });
    await hexfleet.killApp('gateway');
    expect(await operator.runningVersion()).toBe(version);
    const first = await until('its first pings are decided on', async () => {
      const metrics = await metricsOf(hexfleet.ready.gateway);
      const shed = sumOf(metrics, 'hexfleet_pings_shed_total');
      const accepted = sumOf(metrics, 'hexfleet_pings_accepted_total');
      return shed + accepted > CARS && { shed, accepted };
    });
    expect(first.accepted).toBeLessThan(first.shed);
    await fleet.stop();
    await calm();
  });
});

interface Readiness {
  readonly checks: Readonly<Record<string, { readonly ok: boolean; readonly detail?: string }>> & {
    readonly policy: { readonly ok: boolean; readonly detail?: string };
  };
}

function aPing() {
  return { driverId: 'after', lat: 37.7, lng: -122.4, capturedAtMs: Date.now() };
}
