/**
 * What a team writes first: NestJS on Fastify, a ping a request, GEOADD and HSET awaited, then the reply. And what it
 * writes next: a hundred pings a request, their commands in one pipeline. Small and honest: no token, no hygiene, no
 * queue, nothing logged; everything it leaves out makes it cheaper than a service with the same promises would be.
 *
 * Environment: REDIS_URL. Tells its parent `{ url }` once it listens.
 */
import 'reflect-metadata';
import { BadRequestException, Body, Controller, HttpCode, Inject, Module, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Redis } from 'ioredis';

interface NaivePing {
  readonly driverId: string;
  readonly lat: number;
  readonly lng: number;
  readonly capturedAtMs: number;
  readonly headingDeg: number;
  readonly speedMps: number;
  readonly status: string;
}

@Controller()
class NaiveController {
  constructor(@Inject(Redis) private readonly redis: Redis) {}

  @Post('pings')
  @HttpCode(202)
  async one(@Body() ping: NaivePing): Promise<{ accepted: number }> {
    check(ping);
    await this.redis.geoadd('drivers', ping.lng, ping.lat, ping.driverId);
    await this.redis.hset(`driver:${ping.driverId}`, fieldsOf(ping));
    return { accepted: 1 };
  }

  @Post('pings/batch')
  @HttpCode(202)
  async many(@Body() { pings }: { pings: NaivePing[] }): Promise<{ accepted: number }> {
    const pipeline = this.redis.pipeline();
    for (const ping of pings) {
      check(ping);
      pipeline.geoadd('drivers', ping.lng, ping.lat, ping.driverId);
      pipeline.hset(`driver:${ping.driverId}`, fieldsOf(ping));
    }
    await pipeline.exec();
    return { accepted: pings.length };
  }
}

@Module({
  controllers: [NaiveController],
  providers: [{ provide: Redis, useFactory: () => new Redis(process.env.REDIS_URL as string) }],
})
class NaiveModule {}

function check({ driverId, lat, lng, capturedAtMs }: NaivePing): void {
  const isValid =
    typeof driverId === 'string' && Math.abs(lat) <= 90 && Math.abs(lng) <= 180 && Number.isFinite(capturedAtMs);
  if (!isValid) throw new BadRequestException('not a ping');
}

function fieldsOf({
  lat,
  lng,
  capturedAtMs,
  headingDeg,
  speedMps,
  status,
}: NaivePing): Record<string, string | number> {
  return { lat, lng, capturedAtMs, headingDeg, speedMps, status };
}

const app = await NestFactory.create<NestFastifyApplication>(NaiveModule, new FastifyAdapter(), { logger: false });
await app.listen(0, '127.0.0.1');
process.send?.({ url: await app.getUrl() });
process.once('disconnect', () => process.exit(0));
