import { PRESSURE_SUBJECT, type WriterPressure } from '@hexfleet/web-edge';
import { Controller, Inject } from '@nestjs/common';
import { EventPattern, MessagePattern, Payload, Transport } from '@nestjs/microservices';
import { LocationWriter } from './location-writer.js';
import { type PartitionMessage, PING_BATCH, PING_STREAM } from './partition-intake.js';
import { SETTINGS } from './tokens.js';
import type { WriterSettings } from './writer-settings.js';

@Controller()
export class WriterController {
  constructor(
    private readonly writer: LocationWriter,
    @Inject(SETTINGS) private readonly settings: WriterSettings,
  ) {}

  @EventPattern(PING_BATCH, PING_STREAM)
  take(@Payload() { partition, message }: PartitionMessage): Promise<void> | undefined {
    return this.writer.deliver(partition, message);
  }

  @MessagePattern(PRESSURE_SUBJECT, Transport.NATS)
  pressure(): WriterPressure {
    const nowMs = Date.now();
    // Of a partition that is being taken over, nothing is known yet.
    const running = [...this.writer.partitions].filter(({ state }) => state === 'running');
    const partitions = running.map((runner) => ({
      partition: runner.partition,
      lagSeconds: runner.lagMs(nowMs) / 1_000,
      epoch: runner.epoch,
      written: runner.totals.written,
      superseded: runner.totals.superseded,
      expired: runner.totals.expired,
    }));
    return { fleet: this.settings.name, writer: this.settings.writerId, partitions };
  }
}
