import { Controller } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import { LocationWriter } from './location-writer.js';
import { type PartitionMessage, PING_BATCH, PING_STREAM } from './partition-intake.js';

@Controller()
export class WriterController {
  constructor(private readonly writer: LocationWriter) {}

  @EventPattern(PING_BATCH, PING_STREAM)
  take(@Payload() { partition, message }: PartitionMessage): Promise<void> | undefined {
    return this.writer.deliver(partition, message);
  }
}
