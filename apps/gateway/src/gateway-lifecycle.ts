import {
  type BeforeApplicationShutdown,
  Inject,
  Injectable,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { GATEWAY_SETTINGS, type GatewaySettings } from './gateway-settings.js';
import { Outboxes } from './intake/outboxes.js';
import { PingIntake } from './intake/ping-intake.js';
import { Shedding } from './shedding/shedding.js';
import { DriverStream } from './stream/driver-stream.js';
import { StreamLink } from './stream-link.js';

/** The order in which the gateway's parts start and stop. */
@Injectable()
export class GatewayLifecycle implements OnApplicationBootstrap, BeforeApplicationShutdown, OnApplicationShutdown {
  constructor(
    private readonly http: HttpAdapterHost,
    private readonly link: StreamLink,
    private readonly outboxes: Outboxes,
    private readonly intake: PingIntake,
    private readonly stream: DriverStream,
    private readonly shedding: Shedding,
    @Inject(GATEWAY_SETTINGS) private readonly settings: GatewaySettings,
  ) {}

  onApplicationBootstrap(): void {
    void this.link.open();
    this.shedding.start();
    this.outboxes.start(this.settings.flushIntervalMs);
    this.stream.attach(this.http.httpAdapter.getHttpServer());
  }

  /** Nothing new is taken; what was taken is published, acknowledged and answered; then sockets and server close. */
  async beforeApplicationShutdown(): Promise<void> {
    this.intake.close();
    this.stream.announceEnd();
    await this.outboxes.drain(this.settings.drainMs);
    await this.stream.close();
  }

  async onApplicationShutdown(): Promise<void> {
    this.shedding.stop();
    await this.link.close();
  }
}
