import { createInbox, type Msg, type NatsConnection } from '@nats-io/transport-node';
import { SharedBucket } from './shared-bucket.js';
import { SharedDocument } from './shared-document.js';
import type { Subscription } from './subscription.js';
import { WriteOnceLog } from './write-once-log.js';

export interface ControlBusOptions {
  /** The fleet's name, with which all subjects and buckets begin. */
  readonly name: string;
  /** Told of what goes wrong in the background and is tried again. */
  readonly onError: (error: unknown) => void;
}

export interface AskOptions {
  /** How long replies are waited for. */
  readonly waitMs: number;
  /** So many are enough; otherwise the whole wait is waited. */
  readonly max?: number;
}

/**
 * What apps of a fleet tell and ask one another, in JSON, beside the pings: reports, questions, shared documents. Reports
 * are dropped while NATS is away, since newer ones follow; subscriptions outlive that, and may be made before NATS is there.
 */
export class ControlBus {
  #connection: NatsConnection | undefined;
  #isUp = false;
  #isClosed = false;
  #dropped = 0;
  readonly #subscriptions = new Set<Subscription>();
  readonly #whenThere: ((connection: NatsConnection) => void)[] = [];
  readonly #listeners = new Set<(isUp: boolean) => void>();

  /** The connection belongs to who made it; a promise of `undefined` is a connection that was given up. */
  constructor(
    connection: NatsConnection | Promise<NatsConnection | undefined>,
    private readonly options: ControlBusOptions,
  ) {
    if (connection instanceof Promise) void connection.then((made) => made && this.#use(made));
    else this.#use(connection);
  }

  /** NATS answers. */
  get connected(): boolean {
    return this.#isUp;
  }

  /** Publications that were dropped because NATS was away, or could not be sent. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Calls `listener` at each change, and at once where NATS is there already. */
  onConnection(listener: (isUp: boolean) => void): Subscription {
    this.#listeners.add(listener);
    if (this.#isUp) listener(true);
    return { close: () => this.#listeners.delete(listener) };
  }

  /** Tells everyone who listens now. */
  publish(subject: string, value: unknown): void {
    if (!this.#send(subject, value)) this.#dropped++;
  }

  /** What is no JSON is left aside; whether it is a `Value` is the senders' word. */
  subscribe<Value = unknown>(subject: string, onValue: (value: Value) => void): Subscription {
    return this.#listen(this.#subjectOf(subject), (message) => {
      const value = jsonOf(message);
      if (value !== undefined) onValue(value as Value);
    });
  }

  /** Answers questions on a subject; a reply of `undefined` is none. */
  answer<Request = unknown, Reply = unknown>(
    subject: string,
    reply: (request: Request) => Reply | undefined | Promise<Reply | undefined>,
  ): Subscription {
    return this.#listen(this.#subjectOf(subject), (message) => {
      void this.#reply(message, (request) => reply(request as Request));
    });
  }

  /** Asks everyone and gathers the replies; none when NATS is away. */
  async ask<Reply = unknown>(
    subject: string,
    request: unknown,
    { waitMs, max = Number.POSITIVE_INFINITY }: AskOptions,
  ): Promise<Reply[]> {
    const inbox = createInbox();
    const replies: Reply[] = [];
    let done = () => {};
    const enough = new Promise<void>((resolve) => {
      done = resolve;
    });
    const subscription = this.#listen(inbox, (message) => {
      // The server's word that nobody listens.
      if (message.data.length === 0 && message.headers?.code === 503) return done();
      const value = jsonOf(message);
      if (value !== undefined) replies.push(value as Reply);
      if (replies.length >= max) done();
    });
    const timer = setTimeout(done, waitMs);
    if (!this.#send(subject, request, inbox)) done();
    await enough;
    clearTimeout(timer);
    subscription.close();
    return replies;
  }

  /** The one document of a bucket, made where it is missing. */
  document(bucket: string): SharedDocument {
    return new SharedDocument(this.#bucket(bucket), this, toldOn(bucket), this.options.onError);
  }

  /** A bucket of numbered documents that are written once, made where it is missing. */
  log(bucket: string): WriteOnceLog {
    return new WriteOnceLog(this.#bucket(bucket));
  }

  /** Rejects unless NATS answers. */
  async checkConnection(): Promise<void> {
    if (!this.#isUp) throw new Error('NATS is away');
    await this.#connection?.flush();
  }

  /** Ends the subscriptions. */
  close(): void {
    this.#isClosed = true;
    for (const subscription of this.#subscriptions) subscription.close();
    this.#listeners.clear();
  }

  #bucket(bucket: string): SharedBucket {
    const connection = () => {
      if (this.#connection === undefined || !this.#isUp) throw new Error('NATS is away');
      return this.#connection;
    };
    return new SharedBucket(`${this.options.name}_${bucket}`, connection, this.#subjectOf(toldOn(bucket)));
  }

  #subjectOf(subject: string): string {
    return `${this.options.name}.control.${subject}`;
  }

  #use(connection: NatsConnection): void {
    if (this.#isClosed) return;
    this.#connection = connection;
    for (const act of this.#whenThere.splice(0)) act(connection);
    void this.#watch(connection);
    this.#turn(!connection.isClosed());
  }

  async #watch(connection: NatsConnection): Promise<void> {
    for await (const { type } of connection.status()) {
      if (type === 'disconnect' || type === 'close') this.#turn(false);
      else if (type === 'reconnect') this.#turn(true);
    }
  }

  #turn(isUp: boolean): void {
    if (isUp === this.#isUp || this.#isClosed) return;
    this.#isUp = isUp;
    for (const listener of this.#listeners) listener(isUp);
  }

  #listen(subject: string, onMessage: (message: Msg) => void): Subscription {
    let end = () => {};
    let isClosed = false;
    const open = (connection: NatsConnection) => {
      if (isClosed || connection.isClosed()) return;
      const callback = (error: Error | null, message: Msg) => {
        if (error === null) this.#guarded(() => onMessage(message));
      };
      const subscription = connection.subscribe(subject, { callback });
      end = () => subscription.unsubscribe();
    };
    if (this.#connection === undefined) this.#whenThere.push(open);
    else open(this.#connection);
    const handle = {
      close: () => {
        isClosed = true;
        end();
        this.#subscriptions.delete(handle);
      },
    };
    this.#subscriptions.add(handle);
    return handle;
  }

  /** False when it was not sent. */
  #send(subject: string, value: unknown, reply?: string): boolean {
    if (this.#connection === undefined || !this.#isUp) return false;
    try {
      this.#connection.publish(this.#subjectOf(subject), JSON.stringify(value), reply === undefined ? {} : { reply });
      return true;
    } catch (error) {
      this.options.onError(error);
      return false;
    }
  }

  async #reply(message: Msg, reply: (request: unknown) => unknown): Promise<void> {
    try {
      const request = jsonOf(message);
      const value = request === undefined ? undefined : await reply(request);
      if (value !== undefined) message.respond(JSON.stringify(value));
    } catch (error) {
      this.options.onError(error);
    }
  }

  /** A listener's exception must not end the subscription. */
  #guarded(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.options.onError(error);
    }
  }
}

/** The subject under which the server tells what is stored in a bucket. */
function toldOn(bucket: string): string {
  return `bucket.${bucket}`;
}

function jsonOf(message: Msg): unknown {
  try {
    return message.json();
  } catch {
    return undefined;
  }
}
