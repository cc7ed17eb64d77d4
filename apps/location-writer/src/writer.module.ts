import { PartitionStore } from '@hexfleet/location-store';
import { PingBus } from '@hexfleet/ping-bus';
import { PolicyFeed } from '@hexfleet/policy-store';
import { Metrics } from '@hexfleet/telemetry';
import { HealthModule } from '@hexfleet/web-edge';
import type { BeforeApplicationShutdown, DynamicModule, OnApplicationShutdown } from '@nestjs/common';
import { Module } from '@nestjs/common';
import { LocationWriter } from './location-writer.js';
import { WriterController } from './writer.controller.js';

export interface WriterParts {
  readonly writer: LocationWriter;
  readonly bus: PingBus;
  readonly store: PartitionStore;
  readonly feed: PolicyFeed;
  readonly metrics: Metrics;
}

@Module({})
export class WriterModule implements BeforeApplicationShutdown, OnApplicationShutdown {
  constructor(
    private readonly writer: LocationWriter,
    private readonly store: PartitionStore,
    private readonly bus: PingBus,
    private readonly feed: PolicyFeed,
  ) {}

  static with({ writer, bus, store, feed, metrics }: WriterParts): DynamicModule {
    const checks = {
      nats: () => bus.check(),
      redis: () => store.check(),
      partitions: () => {
        if (writer.problem !== undefined) throw new Error(writer.problem);
      },
    };
    return {
      module: WriterModule,
      imports: [HealthModule.register({ checks, metrics })],
      controllers: [WriterController],
      providers: [
        { provide: Metrics, useValue: metrics },
        { provide: LocationWriter, useValue: writer },
        { provide: PartitionStore, useValue: store },
        { provide: PingBus, useValue: bus },
        { provide: PolicyFeed, useValue: feed },
      ],
    };
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.writer.stop();
  }

  async onApplicationShutdown(): Promise<void> {
    this.feed.close();
    this.store.close();
    await this.bus.close();
  }
}
