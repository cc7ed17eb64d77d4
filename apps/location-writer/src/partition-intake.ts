import type { PartitionReader, PingBus, StreamMessage } from '@hexfleet/ping-bus';
import { type CustomTransportStrategy, Server } from '@nestjs/microservices';
import { firstValueFrom, isObservable } from 'rxjs';
import type { Intake } from './location-writer.js';

export const PING_STREAM = Symbol('ping stream');
export const PING_BATCH = 'pings';

/** What the handler of `PING_BATCH` gets. */
export interface PartitionMessage {
  readonly partition: number;
  readonly message: StreamMessage;
}

/**
 * Nest's transport for the writer's intake: JetStream's ordered consumers, one a partition, opened where the partition's
 * header says that the last write ended. Nest's own NATS transport knows core NATS only, which forgets. The handler's
 * promise is awaited before the next message of the partition is handed over.
 */
export class PartitionIntake extends Server implements CustomTransportStrategy, Intake {
  override readonly transportId = PING_STREAM;
  private readonly readers = new Map<number, PartitionReader>();

  constructor(private readonly bus: PingBus) {
    super();
  }

  listen(callback: () => void): void {
    callback();
  }

  open(partition: number, afterSeq: number): void {
    this.stopReading(partition);
    const handle = this.messageHandlers.get(PING_BATCH);
    if (handle === undefined) throw new Error(`nothing handles ${PING_BATCH}`);
    const deliver = async (message: StreamMessage) => {
      const handled: unknown = await handle({ partition, message } satisfies PartitionMessage);
      if (isObservable(handled)) await firstValueFrom(handled, { defaultValue: undefined });
    };
    this.readers.set(partition, this.bus.read(partition, afterSeq, deliver));
  }

  stopReading(partition: number): void {
    void this.readers.get(partition)?.close();
    this.readers.delete(partition);
  }

  close(): void {
    for (const partition of [...this.readers.keys()]) this.stopReading(partition);
  }

  on(): never {
    throw new Error('the ping stream has no events');
  }

  unwrap<Bus>(): Bus {
    return this.bus as Bus;
  }
}
