import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { signToken } from '@hexfleet/access';
import { type RunningServer, startNats } from '@hexfleet/embedded-servers';
import { connectControlBus, type OwnControlBus } from '@hexfleet/ping-bus';
import { readSettings } from '@hexfleet/settings';
import { createLogger } from '@hexfleet/telemetry';
import { createHttpApp, type NestFastifyApplication } from '@hexfleet/web-edge';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { until } from '../../../test/harness/until.js';
import { GatewayModule } from './gateway.module.js';
import { gatewaySettings } from './gateway-settings.js';
import { PingIntake } from './intake/ping-intake.js';
import { refuseWhenOverloaded } from './refuse-overloaded.js';
import { calmSignals } from './shedding/calm-shedding.fixture.js';
import { Shedding } from './shedding/shedding.js';

const SECRET = 'a secret that is long enough for HS256';

let dataDir: string;
let nats: RunningServer;
let app: NestFastifyApplication;
let url: string;
let writer: OwnControlBus;
let telling: NodeJS.Timeout;

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'hexfleet-gateway-'));
  nats = await startNats({ dataDir, user: 'test', password: 'a-password-for-tests' });
  const settings = readSettings(gatewaySettings, { HEXFLEET_NATS_URL: nats.url, HEXFLEET_JWT_SECRET: SECRET });
  const logger = createLogger({ app: 'gateway', level: 'silent' });
  app = await createHttpApp(GatewayModule.register(settings, logger), { logger });
  refuseWhenOverloaded(app, app.get(Shedding).pressure.ladder, settings.retryAfterSeconds);
  await app.listen(0, '127.0.0.1');
  // Owners that tell of no pressure: the gateway takes silence for pressure.
  writer = connectControlBus({ natsUrl: nats.url, name: settings.name, onError: () => {} });
  telling = setInterval(() => writer.bus.publish('signals.writer', calmSignals(settings.partitions, 1)), 100);
  url = `http://127.0.0.1:${(app.getHttpServer().address() as AddressInfo).port}`;
});
afterAll(async () => {
  clearInterval(telling);
  await writer?.close();
  await app?.close();
  await nats?.stop();
  rmSync(dataDir, { recursive: true, force: true });
});

const readiness = async () => {
  const response = await fetch(`${url}/readyz`);
  return [response.status, ((await response.json()) as { checks: object }).checks];
};

describe('a gateway', () => {
  it('takes pings from a client that offers HTTP/2 with each request', async () => {
    await until('it is ready', async () => (await readiness())[0] === 200);
    const claims = { subject: 'd-1', role: 'driver' } as const;
    const sent = request(`${url}/v1/pings`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${await signToken({ secret: SECRET, claims, ttlSeconds: 60 })}`,
        'content-type': 'application/json',
        ...{ connection: 'Upgrade, HTTP2-Settings', upgrade: 'h2c', 'http2-settings': 'AAMAAABk' },
      },
    });
    sent.end(JSON.stringify({ pings: [{ lat: 37.77, lng: -122.42, capturedAtMs: Date.now() }] }));
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    const answer = JSON.parse(Buffer.concat(await response.toArray()).toString());
    expect([response.statusCode, answer]).toEqual([202, expect.objectContaining({ accepted: 1 })]);
  });

  it('refuses requests at the last stage of overload, and still tells how it is', async () => {
    const { ladder } = app.get(Shedding).pressure;
    for (let nowMs = Date.now(); !ladder.isAt('refuse_connections'); nowMs += 500) ladder.update(nowMs, 1, 0.5);
    const claims = { subject: 'd-1', role: 'driver' } as const;
    const headers = { authorization: `Bearer ${await signToken({ secret: SECRET, claims, ttlSeconds: 60 })}` };
    const refused = await fetch(`${url}/v1/pings`, { method: 'POST', headers, body: '{}' });
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '2']);
    expect((await fetch(`${url}/metrics`)).status).toBe(200);
    for (let nowMs = Date.now() + 60_000; ladder.isAt('shed_more'); nowMs += 1_000) ladder.update(nowMs, 0, 1);
  });

  it('says that it is not ready once it takes no more pings', async () => {
    const well = { nats: { ok: true }, policy: { ok: true }, pressure: { ok: true } };
    expect(await readiness()).toEqual([200, { ...well, intake: { ok: true } }]);
    app.get(PingIntake).close();
    const intake = { ok: false, detail: 'the gateway is about to stop' };
    expect(await readiness()).toEqual([503, { ...well, intake }]);
  });
});
