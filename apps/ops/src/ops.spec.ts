import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RunningServer, startNats } from '@hexfleet/embedded-servers';
import { connectControlBus, type OwnControlBus } from '@hexfleet/ping-bus';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { until } from '../../../test/harness/until.js';
import { OpsApp } from './ops-app.fixture.js';

const PARTITION = { share: 0.5, backlogMessages: 3, epoch: 3, written: 10, superseded: 2, expired: 1 };
const GATEWAY = {
  gateway: 'g-1',
  policyVersion: 1,
  stage: 'calm',
  partitions: [
    { partition: 0, offeredPerSecond: 10, share: 1, thresholdM: 0, silenceStretch: 1 },
    { partition: 1, offeredPerSecond: 90, share: 0.2, thresholdM: 40, silenceStretch: 1.5 },
  ],
};

let dataDir: string;
let nats: RunningServer;
let ops: OpsApp;
let fleet: OwnControlBus;

const serverOptions = () => ({ dataDir, user: 'hexfleet', password: 'pass/word@1' });
const busOf = (name: string) => connectControlBus({ natsUrl: nats.url, name, onError: () => {} });
const pressure = (role: 'viewer' | 'ops' | 'driver' | 'fleet' | 'rider' | 'none' = 'viewer') =>
  ops.ask({ url: '/v1/pressure', role });

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'hexfleet-ops-'));
  nats = await startNats(serverOptions());
  ops = await OpsApp.start(nats.url);
  fleet = busOf('hexfleet');
  await ops.readiness(200);
  await until('the bus is up', () => fleet.bus.connected);
});

afterAll(async () => {
  await fleet.close();
  await ops.app.close();
  await nats.stop();
  rmSync(dataDir, { recursive: true, force: true });
});

const writerTells = (writer: string, ...partitions: object[]) =>
  fleet.bus.publish('signals.writer', { writer, atMs: 1, partitions });

interface Told {
  readonly silent: boolean;
  readonly partitions: readonly { readonly partition: number }[];
  readonly gateways: readonly { readonly gateway: string }[];
}

/** The pressure, once it is as a writer or gateway told. */
async function pressureThat(what: string, isSo: (told: Told) => boolean): Promise<Told> {
  return until<Told>(what, async () => {
    const response = await pressure();
    const told: Told = response.json();
    return response.statusCode === 200 && isSo(told) ? told : undefined;
  });
}

describe('the operators` app', () => {
  it('says that nobody reports when nobody does', async () => {
    const response = await pressure();
    expect(response.statusCode).toBe(503);
    expect(response.json()).toMatchObject({ code: 'unavailable', detail: 'no writer and no gateway reports' });
    expect(response.headers['retry-after']).toBe('1');
  });

  it('tells what gateways report though no writer does, and how far they stretch bounds on silence', async () => {
    fleet.bus.publish('signals.gateway', GATEWAY);
    const told = await pressureThat('the gateway is told', ({ gateways }) => gateways.length === 1);
    expect(told).toMatchObject({ silent: true, partitions: [], silenceStretch: 1.5, gateways: [GATEWAY] });
  });

  it('tells what the owner of each partition says, in order, and whether some are silent', async () => {
    writerTells('w-1', { partition: 1, lagMs: 200, ...PARTITION });
    const some = await pressureThat('it is told', ({ partitions }) => partitions.length === 1);
    expect(some).toMatchObject({
      silent: true,
      partitions: [{ partition: 1, writer: 'w-1', lagSeconds: 0.2, ...PARTITION }],
    });
    expect(some.partitions[0]).not.toHaveProperty('lagMs');
    writerTells('w-1', ...[1, 0].map((partition) => ({ partition, lagMs: 0, ...PARTITION })));
    const all = await pressureThat('all is told', ({ partitions }) => partitions.length === 2);
    expect(all.silent).toBe(false);
    expect(all.partitions.map(({ partition }) => partition)).toEqual([0, 1]);
  });

  it('believes the writer of the higher epoch, whoever reports last', async () => {
    writerTells('w-2', { partition: 0, lagMs: 0, ...PARTITION, epoch: 4 });
    writerTells('w-1', { partition: 0, lagMs: 0, ...PARTITION });
    const told = await pressureThat('both are heard', ({ partitions }) => JSON.stringify(partitions).includes('w-2'));
    expect(told.partitions).toMatchObject([{ partition: 0, writer: 'w-2', epoch: 4 }]);
  });

  it('leaves aside what is no report, and reports of another fleet', async () => {
    const strangers = busOf('scooters');
    await until('it is up', () => strangers.bus.connected);
    strangers.bus.publish('signals.gateway', { ...GATEWAY, gateway: 'stranger' });
    await strangers.bus.checkConnection();
    for (const value of [null, 7, { gateway: 'g-9' }, { partitions: [] }]) fleet.bus.publish('signals.gateway', value);
    fleet.bus.publish('signals.gateway', { ...GATEWAY, gateway: 'g-2' });
    const told = await pressureThat('it is told', ({ gateways }) => JSON.stringify(gateways).includes('g-2'));
    expect(told.gateways.map(({ gateway }) => gateway)).toEqual(['g-1', 'g-2']);
    await strangers.close();
  });

  it('tells which writer owns what, whom nobody writes, and what each writer has', async () => {
    const partitions = async () => (await ops.ask({ url: '/v1/partitions', role: 'viewer' })).json();
    expect(await partitions()).toMatchObject({
      code: 'unavailable',
      detail: 'no writer was heard yet, or NATS is away',
    });
    const tell = (writer: string, ...owned: (readonly [partition: number, epoch: number])[]) => {
      const rows = owned.map(([partition, epoch]) => ({ partition, epoch, lagMs: 200, drivers: 5 }));
      const beat = {
        writer,
        session: 's',
        startedAtMs: 7,
        leaseMs: 60_000,
        draining: writer === 'w-1',
        partitions: rows,
      };
      fleet.bus.publish('writers', beat);
    };
    tell('w-2', [1, 4]);
    await until('it is told', async () => (await partitions()).partitions?.length === 1);
    expect((await partitions()).unowned).toEqual([0]);
    tell('w-1', [1, 3], [0, 1]);
    await until('both are told', async () => (await partitions()).writers?.length === 2);
    const row = { lagSeconds: 0.2, drivers: 5 };
    expect(await partitions()).toEqual({
      asOfMs: expect.any(Number),
      partitions: [
        { partition: 0, writer: 'w-1', epoch: 1, ...row },
        { partition: 1, writer: 'w-2', epoch: 4, ...row },
      ],
      unowned: [],
      writers: [
        { writer: 'w-1', startedAtMs: 7, draining: true, partitions: 2, drivers: 10 },
        { writer: 'w-2', startedAtMs: 7, draining: false, partitions: 1, drivers: 5 },
      ],
    });
  });

  it('forgets who has been silent for five seconds', async () => {
    await until('nobody is left', async () => (await pressure()).statusCode === 503);
  });

  it('answers viewers and ops only', async () => {
    for (const role of ['driver', 'fleet', 'rider'] as const) expect((await pressure(role)).statusCode).toBe(403);
    expect((await pressure('none')).statusCode).toBe(401);
  });

  it('gathers what gateways decided on a driver, the newest first', async () => {
    const url = '/v1/drivers/d-17/decisions';
    expect((await ops.ask({ url, role: 'viewer' })).statusCode).toBe(503);
    const gateways = [busOf('hexfleet'), busOf('hexfleet')];
    for (const [i, { bus }] of gateways.entries()) {
      await until('it is up', () => bus.connected);
      bus.answer('decisions', ({ driverId }: { driverId: string }) => ({
        gateway: `g-${i}`,
        watchedUntilMs: 100 + i,
        decisions: [{ driverId, atMs: i }],
      }));
      await bus.checkConnection();
    }
    const response = await ops.ask({ url, role: 'viewer' });
    expect(response.json()).toEqual({
      driverId: 'd-17',
      watchedUntilMs: 101,
      decisions: [
        { driverId: 'd-17', atMs: 1 },
        { driverId: 'd-17', atMs: 0 },
      ],
    });
    expect((await ops.ask({ url: '/v1/drivers/a%20b/decisions' })).statusCode).toBe(400);
    expect((await ops.ask({ url, role: 'rider' })).statusCode).toBe(403);
    await Promise.all(gateways.map((gateway) => gateway.close()));
  });

  it('is not ready while NATS is away, and is again when it is back, without a restart', async () => {
    expect(await ops.readiness(200)).toEqual({ ready: true, checks: { nats: { ok: true }, policy: { ok: true } } });
    await nats.stop();
    expect(await ops.readiness(503)).toMatchObject({ ready: false, checks: { nats: { ok: false } } });
    for (const url of [
      '/v1/pressure',
      '/v1/partitions',
      '/v1/policy',
      '/v1/overrides',
      '/v1/audit',
      '/v1/policy/history',
    ]) {
      expect([url, (await ops.ask({ url })).statusCode]).toEqual([url, 503]);
    }
    nats = await startNats({ ...serverOptions(), port: nats.port });
    await ops.readiness(200);
    await until('the bus is up', () => fleet.bus.connected);
    fleet.bus.publish('signals.gateway', GATEWAY);
    await pressureThat('it is told again', () => true);
    expect((await ops.ask({ url: '/v1/policy' })).headers.etag).toBe('"1"');
  });
});
