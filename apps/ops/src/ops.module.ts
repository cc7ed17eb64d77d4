import { createTokenVerifier, TokenVerifier } from '@hexfleet/access';
import { connectionOptions } from '@hexfleet/ping-bus';
import { createMetrics, Metrics } from '@hexfleet/telemetry';
import { HealthModule } from '@hexfleet/web-edge';
import { type DynamicModule, Module } from '@nestjs/common';
import { ClientNats } from '@nestjs/microservices';
import { PressureController } from './pressure.controller.js';
import type { OpsSettings } from './settings.js';
import { FLEET, WriterLink } from './writer-link.js';

const RECONNECT_EVERY_MS = 500;

/** The operators' app: what it tells about the fleet it asks the other apps for, over NATS. */
@Module({})
// biome-ignore lint/complexity/noStaticOnlyClass: a Nest module is a class.
export class OpsModule {
  static with(settings: OpsSettings): DynamicModule {
    const links = {
      module: OpsLinks,
      providers: [
        { provide: FLEET, useValue: { name: settings.name, partitions: settings.partitions } },
        { provide: ClientNats, useFactory: () => natsClientOf(settings) },
        { provide: Metrics, useFactory: () => createMetrics() },
        { provide: TokenVerifier, useFactory: () => createTokenVerifier(settings) },
        WriterLink,
      ],
      exports: [FLEET, WriterLink, Metrics],
    };
    const health = HealthModule.registerAsync({
      imports: [links],
      inject: [WriterLink, Metrics],
      useFactory: (writers: WriterLink, metrics: Metrics) => ({
        metrics,
        checks: { nats: () => writers.checkConnection() },
      }),
    });
    return { module: OpsModule, imports: [links, health], controllers: [PressureController] };
  }
}

@Module({})
class OpsLinks {}

/** Starts without NATS and keeps trying, as long as it takes: being told so by `/readyz` beats a process that gives up. */
function natsClientOf({ natsUrl }: OpsSettings): ClientNats {
  return new ClientNats({
    ...connectionOptions(natsUrl),
    name: 'hexfleet-ops',
    waitOnFirstConnect: true,
    maxReconnectAttempts: -1,
    reconnectTimeWait: RECONNECT_EVERY_MS,
  });
}
