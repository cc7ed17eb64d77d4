import {
  type BatchPublisher,
  connectPingBus,
  type PingBus,
  type PingBusOptions,
  type PublishResult,
} from '@hexfleet/ping-bus';
import type { Logger } from '@hexfleet/telemetry';

const RETRY_MS = 2_000;
const AWAY: PublishResult = { kind: 'refused', reason: 'other', detail: 'NATS is away' };

/**
 * The way to the stream, whether NATS is there yet or not: the gateway listens and says `unavailable` from the start, and
 * serves as soon as NATS does.
 */
export class StreamLink implements BatchPublisher {
  #bus: PingBus | undefined;
  #isClosed = false;
  #lastComplaint = '';

  constructor(
    private readonly options: Omit<PingBusOptions, 'onError' | 'onWidened'>,
    private readonly logger: Logger,
    private readonly hooks: {
      /** The connection is there for the first time; from then on the bus looks after it. */
      readonly onConnected: (bus: PingBus) => void;
      /** The stream is there, for the first time or again. */
      readonly onUp: () => void;
    },
  ) {}

  get connected(): boolean {
    return this.#bus?.connected ?? false;
  }

  /** By what the stream can lose pings, or undefined. @throws Error why it can't be used. */
  check(): ReturnType<PingBus['check']> {
    if (this.#bus === undefined) throw new Error('NATS is away');
    return this.#bus.check();
  }

  publish(partition: number, message: Buffer, timeoutMs: number): Promise<PublishResult> {
    return this.#bus?.publisher.publish(partition, message, timeoutMs) ?? Promise.resolve(AWAY);
  }

  /** Keeps trying until there is a connection; from then on the bus looks after it. */
  async open(): Promise<void> {
    while (!this.#isClosed && this.#bus === undefined) {
      try {
        await this.#connect();
      } catch (error) {
        this.#complain(error);
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#bus?.close();
  }

  async #connect(): Promise<void> {
    const bus = await connectPingBus({
      ...this.options,
      onError: (error) => this.#complain(error),
      onWidened: (widening) => this.logger.info(widening, 'the stream was widened'),
      onAltered: (alterations) => this.logger.warn(alterations, 'the stream was changed by hand, or back'),
    });
    if (this.#isClosed) return bus.close();
    this.#bus = bus;
    this.hooks.onConnected(bus);
    bus.onConnection((state) => {
      this.#lastComplaint = '';
      if (state.up) this.logger.info({ stream: state.stream }, 'the stream is there');
      else this.logger.warn('the stream is away');
      if (state.up) this.hooks.onUp();
    });
  }

  /** The same failure is tried again several times a second, and logged once. */
  #complain(error: unknown): void {
    const complaint = String(error);
    if (complaint === this.#lastComplaint) return;
    this.#lastComplaint = complaint;
    this.logger.warn({ err: error }, 'NATS');
  }
}
