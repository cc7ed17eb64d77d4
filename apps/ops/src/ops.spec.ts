import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Role, signToken } from '@hexfleet/access';
import { type RunningServer, startNats } from '@hexfleet/embedded-servers';
import { connectionOptions } from '@hexfleet/ping-bus';
import { readSettings } from '@hexfleet/settings';
import { createLogger } from '@hexfleet/telemetry';
import { createHttpApp, type NestFastifyApplication, PRESSURE_SUBJECT, type WriterPressure } from '@hexfleet/web-edge';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, type INestMicroservice, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { MessagePattern, type MicroserviceOptions, Payload, Transport } from '@nestjs/microservices';
import { OpsModule } from './ops.module.js';
import { OPS_SETTINGS } from './settings.js';

const SECRET = 'a secret that is long enough for HS256';
const PARTITION = { lagSeconds: 0.2, epoch: 3, written: 10, superseded: 2, expired: 1 };
const asked: unknown[] = [];
let reply: WriterPressure;

@Controller()
class WriterController {
  @MessagePattern(PRESSURE_SUBJECT)
  pressure(@Payload() request: unknown): WriterPressure {
    asked.push(request);
    return reply;
  }
}

@Module({ controllers: [WriterController] })
class WriterModule {}

let dataDir: string;
let nats: RunningServer;
let ops: NestFastifyApplication;
let writer: INestMicroservice | undefined;

const serverOptions = () => ({ dataDir, user: 'hexfleet', password: 'pass/word@1' });

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'hexfleet-ops-'));
  nats = await startNats(serverOptions());
  const env = { HEXFLEET_NATS_URL: nats.url, HEXFLEET_JWT_SECRET: SECRET, HEXFLEET_PARTITIONS: '2' };
  const logger = createLogger({ app: 'ops', level: 'silent' });
  ops = await createHttpApp(OpsModule.with(readSettings(OPS_SETTINGS, env)), { logger });
  await ops.init();
  await readiness(200);
});

afterAll(async () => {
  await writer?.close();
  await ops.close();
  await nats.stop();
  rmSync(dataDir, { recursive: true, force: true });
});

async function startWriter(): Promise<INestMicroservice> {
  const options = { ...connectionOptions(nats.url), maxReconnectAttempts: -1, reconnectTimeWait: 100 };
  const started = await NestFactory.createMicroservice<MicroserviceOptions>(WriterModule, {
    transport: Transport.NATS,
    options,
    logger: false,
  });
  await started.listen();
  return started;
}

async function pressure(role: Role = 'viewer') {
  const token = await signToken({ secret: SECRET, claims: { subject: 'olga', role }, ttlSeconds: 60 });
  return ops.inject({ url: '/v1/pressure', headers: { authorization: `Bearer ${token}` } });
}

/** Waits until the app's readiness is as told; gives up with the last report. */
async function readiness(status: number): Promise<Record<string, unknown>> {
  for (let tries = 0; ; tries++) {
    const response = await ops.inject('/readyz');
    if (response.statusCode === status) return response.json();
    if (tries > 100) throw new Error(`readiness stays ${response.body}`);
    await sleep(100);
  }
}

describe('the operators` app', () => {
  it('says that nobody answers when nobody does', async () => {
    const response = await pressure();
    expect(response.statusCode).toBe(503);
    expect(response.json()).toMatchObject({ code: 'unavailable', detail: 'no writer answers' });
    expect(response.headers['retry-after']).toBe('1');
  });

  it('tells what the owner of each partition says, in order, and that some are silent', async () => {
    writer = await startWriter();
    reply = { writer: 'w-1', fleet: 'hexfleet', partitions: [{ partition: 1, ...PARTITION }] };
    const some = (await pressure()).json();
    expect(some).toMatchObject({ silent: true, partitions: [{ partition: 1, writer: 'w-1', ...PARTITION }] });
    expect(asked.at(-1)).toEqual({ fleet: 'hexfleet' });
    const partitions = [1, 0].map((partition) => ({ partition, ...PARTITION }));
    reply = { writer: 'w-1', fleet: 'hexfleet', partitions };
    const all = (await pressure('ops')).json();
    expect(all.silent).toBe(false);
    expect(all.partitions.map(({ partition }: { partition: number }) => partition)).toEqual([0, 1]);
  });

  it('leaves the reply of another fleet`s writer aside', async () => {
    reply = { writer: 'w-1', fleet: 'scooters', partitions: [] };
    expect((await pressure()).statusCode).toBe(503);
  });

  it('answers viewers and ops only', async () => {
    for (const role of ['driver', 'fleet', 'rider'] as const) expect((await pressure(role)).statusCode).toBe(403);
    expect((await ops.inject('/v1/pressure')).statusCode).toBe(401);
  });

  it('is not ready while NATS is away, and is again when it is back, without a restart', async () => {
    reply = { writer: 'w-1', fleet: 'hexfleet', partitions: [] };
    expect(await readiness(200)).toEqual({ ready: true, checks: { nats: { ok: true } } });
    await nats.stop();
    expect(await readiness(503)).toMatchObject({ ready: false, checks: { nats: { ok: false } } });
    expect((await pressure()).statusCode).toBe(503);
    nats = await startNats({ ...serverOptions(), port: nats.port });
    await readiness(200);
    let response = await pressure();
    for (let tries = 0; response.statusCode !== 200 && tries < 100; tries++) {
      await sleep(100);
      response = await pressure();
    }
    expect(response.statusCode).toBe(200);
  });
});
