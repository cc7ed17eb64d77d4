import { JetStreamApiError, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { type KV, type KvEntry, Kvm } from '@nats-io/kv';
import { type NatsConnection, NoRespondersError, RequestError } from '@nats-io/transport-node';

export type WriteOutcome = { readonly kind: 'stored'; readonly revision: number } | { readonly kind: 'conflict' };

const TIMEOUT_MS = 2_000;
const STREAM_NOT_FOUND = 10_059;
/** The two codes of a compare-and-set that came too late. */
const WRONG_LAST_SEQUENCE = [10_071, 10_164];

/**
 * A key-value bucket that is made where it is missing, and made again when someone deletes it. Reads go to the stream's
 * leader, never to a replica that may be behind. What is stored is told on `toldOn`, where that is given, by the server, after it
 * is stored.
 */
export class SharedBucket {
  #opened: { readonly connection: NatsConnection; readonly kv: Promise<KV> } | undefined;

  constructor(
    private readonly name: string,
    /** @throws when NATS is away. */
    private readonly connection: () => NatsConnection,
    private readonly toldOn?: string,
  ) {}

  /** `undefined` where there is nothing, or a mark that it was deleted. @throws when NATS is away. */
  async get(key: string): Promise<KvEntry | undefined> {
    const entry = await this.#with((kv) => kv.get(key));
    return entry === null || entry.operation !== 'PUT' ? undefined : entry;
  }

  /** Stores whatever was there. @throws when NATS is away, or in doubt. */
  async set(key: string, data: string): Promise<void> {
    await this.#with((kv) => kv.put(key, data));
  }

  /** Stores when the key's revision is as told, 0 for a key that isn't there. @throws when NATS is away, or in doubt. */
  async put(key: string, data: string, expectedRevision: number): Promise<WriteOutcome> {
    try {
      const revision = await this.#with((kv) =>
        expectedRevision === 0 ? kv.create(key, data) : kv.update(key, data, expectedRevision, TIMEOUT_MS),
      );
      return { kind: 'stored', revision };
    } catch (error) {
      if (error instanceof JetStreamApiError && WRONG_LAST_SEQUENCE.includes(error.code)) return { kind: 'conflict' };
      throw error;
    }
  }

  /** The entry that was stored last, of whatever key. */
  async newest(): Promise<KvEntry | undefined> {
    const { state } = (await this.#with((kv) => kv.status())).streamInfo;
    if (state.messages === 0) return undefined;
    const manager = await jetstreamManager(this.connection(), { checkAPI: false, timeout: TIMEOUT_MS });
    const message = await manager.streams.getMessage(`KV_${this.name}`, { seq: state.last_seq });
    return message === null ? undefined : this.get(message.subject.slice(`$KV.${this.name}.`.length));
  }

  /** Drops all that was stored before a revision. */
  async dropBefore(revision: number): Promise<void> {
    const manager = await jetstreamManager(this.connection(), { checkAPI: false, timeout: TIMEOUT_MS });
    await manager.streams.purge(`KV_${this.name}`, { seq: revision });
  }

  async #with<Result>(act: (kv: KV) => Promise<Result>): Promise<Result> {
    try {
      return await act(await this.#open());
    } catch (error) {
      if (!isGone(error)) throw error;
      this.#opened = undefined;
      return act(await this.#open());
    }
  }

  #open(): Promise<KV> {
    const connection = this.connection();
    if (this.#opened?.connection !== connection) {
      const kv = this.#make(connection);
      this.#opened = { connection, kv };
      kv.catch(() => {
        if (this.#opened?.kv === kv) this.#opened = undefined;
      });
    }
    return this.#opened.kv;
  }

  #make(connection: NatsConnection): Promise<KV> {
    return new Kvm(jetstream(connection, { timeout: TIMEOUT_MS })).create(this.name, {
      history: 1,
      allow_direct: false,
      ...(this.toldOn !== undefined && { republish: { src: `$KV.${this.name}.>`, dest: `${this.toldOn}.>` } }),
    });
  }
}

/** Of a bucket that isn't there, reads say so, and writes find nobody to answer them. */
function isGone(error: unknown): boolean {
  if (error instanceof JetStreamApiError) return error.code === STREAM_NOT_FOUND;
  return error instanceof NoRespondersError || (error instanceof RequestError && error.isNoResponders());
}
