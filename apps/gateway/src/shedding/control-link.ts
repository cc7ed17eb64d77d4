import { readWriterSignals } from '@hexfleet/load-shedding';
import { DRIVER_ID_PATTERN } from '@hexfleet/ping';
import type { ControlBus } from '@hexfleet/ping-bus';
import type { DecisionLog } from './decision-log.js';
import type { GatewayPressure } from './gateway-pressure.js';

const PERIOD_MS = 200;

/** What the gateway tells the other apps, and hears of them: signals several times a second, and operators' questions. */
export class ControlLink {
  #timer: NodeJS.Timeout | undefined;
  #control: ControlBus | undefined;

  constructor(
    private readonly gatewayId: string,
    private readonly pressure: GatewayPressure,
    private readonly decisions: DecisionLog,
  ) {}

  start(): void {
    this.#timer = setInterval(() => {
      this.pressure.tick();
      this.#control?.publish('signals.gateway', this.pressure.report());
    }, PERIOD_MS);
  }

  /** The connection is there, once in a process's life; the bus looks after it. */
  connect(control: ControlBus): void {
    this.#control = control;
    control.subscribe('signals.writer', (value) => {
      const signals = readWriterSignals(value);
      if (signals !== undefined) this.pressure.hear(signals);
    });
    control.answer('decisions', (request) => {
      const driverId = (request as { readonly driverId?: unknown } | null)?.driverId;
      if (typeof driverId !== 'string' || !DRIVER_ID_PATTERN.test(driverId)) return undefined;
      return { gateway: this.gatewayId, ...this.decisions.watch(driverId) };
    });
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
