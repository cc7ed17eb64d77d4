import { createLogger, createMetrics, METRIC } from '@hexfleet/telemetry';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Module } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createHttpApp, HealthModule, Readiness } from './index.js';

const metrics = createMetrics();
const state = { redis: true };

@Module({
  imports: [
    HealthModule.registerAsync({
      useFactory: () => ({
        metrics,
        checks: {
          nats: () => undefined,
          redis: () => {
            if (!state.redis) throw new Error('connection refused');
          },
        },
      }),
    }),
  ],
})
class HealthyModule {}

let app: NestFastifyApplication;
beforeAll(async () => {
  app = await createHttpApp(HealthyModule, { logger: createLogger({ app: 'test', level: 'silent' }) });
  await app.init();
});
afterAll(() => app.close());

describe('the health routes', () => {
  it('is alive', async () => {
    const response = await app.inject('/healthz');
    expect([response.statusCode, response.json()]).toEqual([200, { alive: true }]);
  });

  it('is ready while its dependencies answer, tells which does not, and is ready again', async () => {
    const ready = { ready: true, checks: { nats: { ok: true }, redis: { ok: true } } };
    const first = await app.inject('/readyz');
    expect([first.statusCode, first.json()]).toEqual([200, ready]);
    state.redis = false;
    const second = await app.inject('/readyz');
    expect([second.statusCode, second.json()]).toEqual([
      503,
      { ready: false, checks: { nats: { ok: true }, redis: { ok: false, detail: 'connection refused' } } },
    ]);
    expect(await metrics.text()).toContain(`${METRIC.dependencyUp.name}{dependency="redis"} 0`);
    state.redis = true;
    expect((await app.inject('/readyz')).statusCode).toBe(200);
  });

  it('exports metrics in the text format', async () => {
    const response = await app.inject('/metrics');
    expect(response.headers['content-type']).toMatch(/^text\/plain/);
    expect(response.body).toMatch(/^process_cpu_seconds_total /m);
  });
});

describe('readiness', () => {
  it('does not wait for a check that hangs, nor starts it twice while it hangs', async () => {
    let starts = 0;
    let answer = () => {};
    const check = () => {
      starts++;
      return new Promise<void>((resolve) => {
        answer = resolve;
      });
    };
    const readiness = new Readiness({ nats: check }, 5);
    const hung = { ready: false, checks: { nats: { ok: false, detail: 'no answer in 5 ms' } } };
    expect(await readiness.report()).toEqual(hung);
    expect(await readiness.report()).toEqual(hung);
    expect(starts).toBe(1);
    answer();
    await new Promise(setImmediate);
    const next = readiness.report();
    expect(starts).toBe(2);
    answer();
    expect(await next).toEqual({ ready: true, checks: { nats: { ok: true } } });
  });

  it('is ready where something is at risk, and tells what; tells also what no waiting will mend', async () => {
    const checks = {
      nats: () => {
        throw Object.assign(new Error('another layout'), { isFinal: true });
      },
      redis: () => ({ degraded: 'it evicts' }),
    };
    expect(await new Readiness(checks, 5).report()).toEqual({
      ready: false,
      checks: {
        nats: { ok: false, detail: 'another layout', final: true },
        redis: { ok: true, degraded: 'it evicts' },
      },
    });
  });

  it('is ready when there is nothing to ask', async () => {
    expect(await new Readiness({}, 5).report()).toEqual({ ready: true, checks: {} });
  });
});
