import { type JetStreamClient, jetstream, jetstreamManager, type StreamConfig } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { AckedPublisher, type BatchPublisher } from './batch-publisher.js';
import { connectionOptions } from './connection-options.js';
import { ControlBus } from './control-bus.js';
import { OrderedReader, type PartitionReader, readToEnd, type StreamMessage } from './partition-reader.js';
import { ensureStream, findStream, LayoutMismatch } from './ping-stream.js';
import { SharedBucket } from './shared-bucket.js';
import { alterationsOf, type StreamAlterations } from './stream-alterations.js';
import { GrantRecord } from './stream-grant.js';
import { type StreamShape, streamName, subjectOf } from './stream-shape.js';
import type { StreamWidening } from './stream-widening.js';

export interface PingBusOptions extends StreamShape {
  readonly natsUrl: string;
  /** Told of what goes wrong in the background and is tried again. */
  readonly onError: (error: unknown) => void;
  /** Told when the stream that was there is given a longer memory or more room. */
  readonly onWidened: (widening: StreamWidening) => void;
  /** Told when the stream that is there comes to differ from what Hexfleet makes, and when it does so no more. */
  readonly onAltered?: (alterations: StreamAlterations) => void;
}

/** Up, with the identity of the stream that is there, or down. */
export type BusState = { readonly up: true; readonly stream: string } | { readonly up: false };

const RECONNECT_MS = 250;
const RETRY_STREAM_MS = 500;
/** How often the stream is looked at, to see whether it is still the same. */
const STREAM_CHECK_MS = 2_000;
/** At most so often after a refusal that says there is none. */
const MIN_STREAM_CHECK_MS = 500;

/** Connects, and returns once the connection is up; the stream is looked after in the background. */
export async function connectPingBus(options: PingBusOptions): Promise<PingBus> {
  const connection = await connect({
    ...connectionOptions(options.natsUrl),
    name: options.name,
    maxReconnectAttempts: -1,
    reconnectTimeWait: RECONNECT_MS,
    waitOnFirstConnect: true,
    ignoreClusterUpdates: true,
    pingInterval: 2_000,
    maxPingOut: 2,
  });
  return new PingBus(connection, options);
}

export class PingBus {
  readonly publisher: BatchPublisher;
  /** What apps tell one another beside the pings, over the same connection. */
  readonly control: ControlBus;
  private readonly ackedPublisher: AckedPublisher;
  private readonly js: JetStreamClient;
  private readonly checker: NodeJS.Timeout;
  private readonly readers = new Set<PartitionReader>();
  private readonly listeners: ((state: BusState) => void)[] = [];
  private readonly grants: GrantRecord;
  private stream: string | undefined;
  private refusal: LayoutMismatch | undefined;
  private alterations: StreamAlterations = { risks: [], oddities: [] };
  private generation = 0;
  private checkedAtMs = 0;
  private closed = false;

  constructor(
    private readonly connection: NatsConnection,
    private readonly options: PingBusOptions,
  ) {
    this.js = jetstream(connection);
    this.ackedPublisher = new AckedPublisher(
      connection,
      (partition) => subjectOf(options.name, partition),
      () => this.connected,
      () => void this.checkStream(),
    );
    this.publisher = this.ackedPublisher;
    this.control = new ControlBus(connection, options);
    this.grants = new GrantRecord(this.bucket('stream'));
    void this.watch();
    void this.comeUp();
    this.checker = setInterval(() => void this.checkStream(), STREAM_CHECK_MS);
    this.checker.unref();
  }

  /** NATS answers and the stream is there. */
  get connected(): boolean {
    return this.stream !== undefined;
  }

  /**
   * By what the stream can lose pings, in words, or undefined where it can't.
   * @throws Error why it can't be used; with `isFinal` where no waiting will mend that.
   */
  check(): { readonly degraded: string } | undefined {
    if (this.stream === undefined) throw this.refusal ?? new Error('NATS or its stream is away');
    const { risks } = this.alterations;
    const subject = `stream ${streamName(this.options.name)}, changed by hand,`;
    return risks.length === 0 ? undefined : { degraded: `${subject} ${risks.join('; ')}` };
  }

  /** Calls `listener` at each change, and at once where the bus is up already. */
  onConnection(listener: (state: BusState) => void): void {
    this.listeners.push(listener);
    if (this.stream !== undefined) listener({ up: true, stream: this.stream });
  }

  /** Identity of the stream that is there now. @throws when NATS is away. */
  get streamId(): string {
    if (this.stream === undefined) throw new Error('NATS is away');
    return this.stream;
  }

  /** Reads a partition from after `afterSeq` of the present stream until closed. A lost connection ends it: open it again. */
  read(
    partition: number,
    afterSeq: number,
    deliver: (message: StreamMessage) => void | Promise<void>,
  ): PartitionReader {
    const source = { ...this.sourceOf(partition), fromSeq: afterSeq + 1 };
    const onError = (error: unknown) => this.options.onError(error);
    const reader: OrderedReader = new OrderedReader(this.js, source, deliver, onError, () =>
      this.readers.delete(reader),
    );
    this.readers.add(reader);
    return reader;
  }

  /** All of a partition's messages from a place up to the present end. @throws when NATS is away. */
  replay(partition: number, from: { readonly seq: number } | { readonly sinceMs: number }): Promise<StreamMessage[]> {
    return readToEnd(this.js, this.sourceOf(partition), from);
  }

  /** A key-value bucket on file. */
  bucket(bucket: string): SharedBucket {
    return new SharedBucket(`${this.options.name}_${bucket}`, () => this.connection);
  }

  async close(): Promise<void> {
    this.closed = true;
    clearInterval(this.checker);
    this.control.close();
    await Promise.all([...this.readers].map((reader) => reader.close()));
    this.ackedPublisher.close();
    if (!this.connection.isClosed()) await this.connection.close();
  }

  private sourceOf(partition: number) {
    const { name } = this.options;
    return { streamName: streamName(name), subject: subjectOf(name, partition), stream: this.streamId };
  }

  private async watch(): Promise<void> {
    for await (const status of this.connection.status()) {
      if (status.type === 'disconnect') this.goDown();
      else if (status.type === 'reconnect') void this.comeUp();
    }
  }

  private goDown(): void {
    this.generation++;
    this.stream = undefined;
    this.ackedPublisher.giveUpAll();
    for (const reader of this.readers) void reader.close();
    this.readers.clear();
    for (const listener of this.listeners) listener({ up: false });
  }

  /**
   * The connection lives on when someone deletes the stream, or deletes it and makes it anew, and then nothing else would
   * tell: readers would wait for positions of the old one. Either way is the same to the rest as if NATS had been away.
   */
  private async checkStream(): Promise<void> {
    const { generation, stream } = this;
    if (stream === undefined || this.closed || Date.now() - this.checkedAtMs < MIN_STREAM_CHECK_MS) return;
    this.checkedAtMs = Date.now();
    try {
      const found = await findStream(await jetstreamManager(this.connection, { checkAPI: false }), this.options.name);
      if (generation !== this.generation || this.closed) return;
      if (found?.created === stream) return this.noteConfig(found.config);
      this.options.onError(new Error(`stream ${streamName(this.options.name)} is ${found ? 'another one' : 'gone'}`));
      this.goDown();
      await this.comeUp();
    } catch (error) {
      // No answer is no news: the connection's own watch tells when NATS is away.
      if (!this.closed) this.options.onError(error);
    }
  }

  /** JetStream may take a moment longer than the connection, and the stream may be gone. */
  private async comeUp(): Promise<void> {
    const generation = ++this.generation;
    while (!this.closed && generation === this.generation) {
      try {
        const manager = await jetstreamManager(this.connection);
        const { id: stream, config } = await ensureStream(manager, this.grants, this.options, this.options.onWidened);
        if (generation !== this.generation) return;
        this.stream = stream;
        this.refusal = undefined;
        this.noteConfig(config);
        for (const listener of this.listeners) listener({ up: true, stream });
        return;
      } catch (error) {
        // A refusal stands until somebody does something about the stream: it is told once.
        const refusal = error instanceof LayoutMismatch ? error : undefined;
        if (refusal === undefined || refusal.message !== this.refusal?.message) this.options.onError(error);
        this.refusal = refusal;
        await new Promise((resolve) => setTimeout(resolve, RETRY_STREAM_MS));
      }
    }
  }

  private noteConfig(config: StreamConfig): void {
    const alterations = alterationsOf(config, this.options);
    if (JSON.stringify(alterations) === JSON.stringify(this.alterations)) return;
    this.alterations = alterations;
    this.options.onAltered?.(alterations);
  }
}
