import {
  type Consumer,
  type ConsumerMessages,
  DeliverPolicy,
  type JetStreamClient,
  type JsMsg,
} from '@nats-io/jetstream';

export interface StreamMessage {
  /** Identity of the stream that the message is on. */
  readonly stream: string;
  readonly seq: number;
  readonly data: Buffer;
  /** Messages of the partition that the stream holds behind this one. */
  readonly pending: number;
}

export interface PartitionReader {
  close(): Promise<void>;
}

/** Most messages asked for ahead of the reader. */
const AHEAD_MESSAGES = 64;
const RETRY_MS = 250;
const LOOK_AGAIN_MS = 1_000;

/**
 * Reads one partition in order from a place on the stream. Nothing is acknowledged: where to go on is the reader's to know.
 * `deliver` is awaited, so that a slow writer is not flooded.
 */
export class OrderedReader implements PartitionReader {
  private closed = false;
  private consumer: Consumer | undefined;
  private messages: ConsumerMessages | undefined;
  private readonly done: Promise<void>;

  constructor(
    private readonly js: JetStreamClient,
    private readonly source: {
      readonly streamName: string;
      readonly subject: string;
      readonly stream: string;
      readonly fromSeq: number;
    },
    private readonly deliver: (message: StreamMessage) => void | Promise<void>,
    private readonly onError: (error: unknown) => void,
    private readonly onClosed: () => void,
  ) {
    this.done = this.run();
  }

  async close(): Promise<void> {
    this.closed = true;
    this.messages?.stop();
    await this.done;
    if (this.consumer !== undefined) dropConsumer(this.consumer);
    this.onClosed();
  }

  private async run(): Promise<void> {
    let nextSeq = this.source.fromSeq;
    while (!this.closed) {
      try {
        this.consumer = await openConsumer(this.js, this.source.streamName, this.source.subject, { seq: nextSeq });
        if (this.closed) return;
        this.messages = await this.consumer.consume({ max_messages: AHEAD_MESSAGES });
        for await (const message of this.messages) {
          if (this.closed) return;
          if (message.seq < nextSeq) continue;
          nextSeq = message.seq + 1;
          await this.deliver(toStreamMessage(this.source.stream, message));
        }
      } catch (error) {
        if (!this.closed) this.onError(error);
      }
      if (!this.closed) await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}

/**
 * All messages of a subject from a sequence number or a time up to the present end. What was there when it was asked may age out
 * before it comes, so now and then it is asked again how much is left. @throws when the stream or NATS goes away.
 */
export async function readToEnd(
  js: JetStreamClient,
  source: { readonly streamName: string; readonly subject: string; readonly stream: string },
  from: { readonly seq: number } | { readonly sinceMs: number },
): Promise<StreamMessage[]> {
  const consumer = await openConsumer(js, source.streamName, source.subject, from);
  const read: StreamMessage[] = [];
  const pending = (await consumer.info()).num_pending;
  if (pending === 0) return read;
  const messages = await consumer.consume({ max_messages: AHEAD_MESSAGES });
  let failure: unknown;
  const watch = setInterval(() => {
    const readBefore = read.length;
    consumer.info().then(
      ({ num_pending }) => {
        if (num_pending === 0 && read.length === readBefore) messages.stop();
      },
      (error: unknown) => {
        failure = error;
        messages.stop();
      },
    );
  }, LOOK_AGAIN_MS);
  try {
    for await (const message of messages) {
      read.push(toStreamMessage(source.stream, message));
      if (message.info.pending === 0) break;
    }
  } finally {
    clearInterval(watch);
    messages.stop();
    dropConsumer(consumer);
  }
  if (failure !== undefined) throw failure;
  return read;
}

/** The server would keep it for minutes. */
function dropConsumer(consumer: Consumer): void {
  consumer.delete().catch(() => undefined);
}

function openConsumer(
  js: JetStreamClient,
  streamName: string,
  subject: string,
  from: { readonly seq: number } | { readonly sinceMs: number },
): Promise<Consumer> {
  const start =
    'seq' in from
      ? { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: Math.max(1, from.seq) }
      : { deliver_policy: DeliverPolicy.StartTime, opt_start_time: new Date(from.sinceMs).toISOString() };
  return js.consumers.get(streamName, { filter_subjects: subject, ...start });
}

function toStreamMessage(stream: string, message: JsMsg): StreamMessage {
  const { buffer, byteOffset, byteLength } = message.data;
  return { stream, seq: message.seq, data: Buffer.from(buffer, byteOffset, byteLength), pending: message.info.pending };
}
