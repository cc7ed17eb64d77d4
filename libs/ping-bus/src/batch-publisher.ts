import { createInbox, type Msg, type NatsConnection } from '@nats-io/transport-node';

/** `unknown`: no answer came in time, or the connection broke; the stream may have the message or not. */
export type PublishResult =
  | { readonly kind: 'stored' }
  | { readonly kind: 'refused'; readonly reason: 'full' | 'other'; readonly detail: string }
  | { readonly kind: 'unknown' };

export interface BatchPublisher {
  publish(partition: number, message: Buffer, timeoutMs: number): Promise<PublishResult>;
}

interface Waiting {
  readonly resolve: (result: PublishResult) => void;
  readonly deadlineMs: number;
}

const SWEEP_MS = 100;
const STORED: PublishResult = { kind: 'stored' };
const UNKNOWN: PublishResult = { kind: 'unknown' };
/** JetStream's codes for no room left: of the account, of the server, of its disk, of its memory. */
const FULL_CODES = new Set([10_002, 10_023, 10_047, 10_028]);
/** Whatever keeps a stream from storing a message has this code; only the words tell a full stream from a broken disk. */
const STORE_FAILED = 10_077;
const FULL_STREAM = /^maximum (bytes|messages)\b/;

/**
 * Publishes with one reply inbox for all and a window of outstanding acknowledgements: a fifth of the cost of the client's
 * own publish, which makes a subscription's worth of state for each message.
 */
export class AckedPublisher implements BatchPublisher {
  private readonly inbox = createInbox();
  private readonly waiting = new Map<string, Waiting>();
  private readonly sweeper: NodeJS.Timeout;
  private lastToken = 0;

  constructor(
    private readonly connection: NatsConnection,
    private readonly subjectOf: (partition: number) => string,
    private readonly isConnected: () => boolean,
    private readonly onNoStream: () => void,
  ) {
    connection.subscribe(`${this.inbox}.*`, { callback: (_, message) => this.settle(message) });
    this.sweeper = setInterval(() => this.giveUpLate(), SWEEP_MS);
    this.sweeper.unref();
  }

  publish(partition: number, message: Buffer, timeoutMs: number): Promise<PublishResult> {
    if (!this.isConnected()) return Promise.resolve({ kind: 'refused', reason: 'other', detail: 'NATS is away' });
    return new Promise((resolve) => {
      const token = String(++this.lastToken);
      this.waiting.set(token, { resolve, deadlineMs: Date.now() + timeoutMs });
      try {
        this.connection.publish(this.subjectOf(partition), message, { reply: `${this.inbox}.${token}` });
      } catch (error) {
        this.waiting.delete(token);
        resolve({ kind: 'refused', reason: 'other', detail: String(error) });
      }
    });
  }

  /** The connection broke: nothing outstanding will be answered. */
  giveUpAll(): void {
    for (const { resolve } of this.waiting.values()) resolve(UNKNOWN);
    this.waiting.clear();
  }

  close(): void {
    clearInterval(this.sweeper);
    this.giveUpAll();
  }

  private settle(message: Msg): void {
    const token = message.subject.slice(this.inbox.length + 1);
    const waiting = this.waiting.get(token);
    if (waiting === undefined) return;
    this.waiting.delete(token);
    // A reply without a body is the server's word that no stream listens on the subject.
    if (message.data.length === 0) this.onNoStream();
    waiting.resolve(readAck(message));
  }

  private giveUpLate(): void {
    const nowMs = Date.now();
    for (const [token, { resolve, deadlineMs }] of this.waiting) {
      if (deadlineMs > nowMs) continue;
      this.waiting.delete(token);
      resolve(UNKNOWN);
    }
  }
}

function readAck(message: Msg): PublishResult {
  if (message.data.length === 0) return { kind: 'refused', reason: 'other', detail: 'no stream takes this subject' };
  const ack = message.json<{ seq?: number; error?: { err_code?: number; description?: string } }>();
  if (ack.error === undefined && ack.seq !== undefined) return STORED;
  const { err_code: code = 0, description: detail = 'no sequence' } = ack.error ?? {};
  const isFull = FULL_CODES.has(code) || (code === STORE_FAILED && FULL_STREAM.test(detail));
  return { kind: 'refused', reason: isFull ? 'full' : 'other', detail };
}
