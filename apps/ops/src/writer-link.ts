import { PRESSURE_SUBJECT, type PressureRequest, type WriterPressure } from '@hexfleet/web-edge';
import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { ClientNats } from '@nestjs/microservices';
import { firstValueFrom, timeout } from 'rxjs';

export const FLEET = Symbol('fleet');

/** What ops knows of the fleet that it tells about. */
export interface Fleet {
  readonly name: string;
  readonly partitions: number;
}

/** Longest wait for a writer's reply. */
const REPLY_TIMEOUT_MS = 1_000;

/** Asks the writers, over NATS request and reply. */
@Injectable()
export class WriterLink implements OnApplicationBootstrap, OnApplicationShutdown {
  constructor(
    private readonly client: ClientNats,
    @Inject(FLEET) private readonly fleet: Fleet,
  ) {}

  onApplicationBootstrap(): void {
    // Not awaited: the app serves, and says that it isn't ready, while NATS is away.
    this.client.connect().catch(() => {});
  }

  async onApplicationShutdown(): Promise<void> {
    await this.client.close();
  }

  /** What the writers say of their partitions; none when nobody of this fleet answers in time. */
  async pressure(): Promise<WriterPressure[]> {
    const request: PressureRequest = { fleet: this.fleet.name };
    const reply = this.client.send<WriterPressure>(PRESSURE_SUBJECT, request).pipe(timeout(REPLY_TIMEOUT_MS));
    try {
      const pressure = await firstValueFrom(reply);
      return (pressure.fleet ?? this.fleet.name) === this.fleet.name ? [pressure] : [];
    } catch {
      // No responders, no reply in time, no connection: to the operator it is all one, nobody answers.
      return [];
    }
  }

  /** Rejects, or hangs, unless the NATS server answers. */
  async checkConnection(): Promise<void> {
    let connection: { flush(): Promise<void> };
    try {
      connection = this.client.unwrap();
    } catch {
      throw new Error('not connected yet');
    }
    await connection.flush();
  }
}
