import type { OwnControlBus } from '@hexfleet/ping-bus';
import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import type { PolicyKeeper } from './policy/policy-keeper.js';

/** In what order the parts start and stop. The app serves, and says that it isn't ready, while NATS is away. */
@Injectable()
export class OpsLifecycle implements OnApplicationBootstrap, OnApplicationShutdown {
  constructor(
    private readonly keeper: PolicyKeeper,
    private readonly own: OwnControlBus,
  ) {}

  onApplicationBootstrap(): void {
    this.keeper.start();
  }

  async onApplicationShutdown(): Promise<void> {
    this.keeper.stop();
    await this.own.close();
  }
}
