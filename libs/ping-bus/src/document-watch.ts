import type { Subscription } from './subscription.js';

export interface SharedValue {
  readonly value: unknown;
  /** Which write made it. */
  readonly revision: number;
}

/** How a watch hears that there may be something new: of a control bus, all that it needs. */
export interface WordOfMouth {
  readonly connected: boolean;
  subscribe(subject: string, onValue: () => void): Subscription;
  onConnection(listener: (isUp: boolean) => void): Subscription;
}

export interface WatchListener {
  /** The document, once it is known and whenever it differs from what was told before; `undefined` where there is none. */
  readonly onValue: (shared: SharedValue | undefined) => void;
  /** Called after each look: whether it was answered. While it wasn't, what was told last may be old. */
  readonly onHeard?: (isHeard: boolean) => void;
}

/** Whatever happened to the server's word of a change, it is seen this much later. */
const POLL_MS = 1_000;

/**
 * Looks at a document when the server says that it was stored, when NATS comes back, and every second, in case a word was
 * lost. Each look reads the whole document: there is no state on the server to lose, and nothing to catch up with.
 */
export class DocumentWatch {
  #told: string | undefined | 'nothing' = 'nothing';
  #isLooking = false;
  #lookAgain = false;
  #generation = 0;
  #isClosed = false;
  #lastComplaint = '';

  constructor(
    private readonly read: () => Promise<SharedValue | undefined>,
    private readonly listener: WatchListener,
    private readonly onError: (error: unknown) => void,
  ) {}

  on(bus: WordOfMouth, toldOn: string): Subscription {
    const told = bus.subscribe(toldOn, () => this.#look());
    const connection = bus.onConnection((isUp) => {
      // A look under way is of a connection that is no more: it would be waited for in vain.
      this.#generation++;
      this.#isLooking = false;
      if (isUp) this.#look();
      else this.listener.onHeard?.(false);
    });
    const poll = setInterval(() => bus.connected && this.#look(), POLL_MS);
    poll.unref();
    return {
      close: () => {
        this.#isClosed = true;
        clearInterval(poll);
        told.close();
        connection.close();
      },
    };
  }

  #look(): void {
    if (this.#isLooking) this.#lookAgain = true;
    else void this.#lookNow(this.#generation);
  }

  async #lookNow(generation: number): Promise<void> {
    this.#isLooking = true;
    const isStale = () => this.#isClosed || generation !== this.#generation;
    do {
      this.#lookAgain = false;
      try {
        const shared = await this.read();
        if (isStale()) return;
        this.#lastComplaint = '';
        this.#tell(shared);
        this.listener.onHeard?.(true);
      } catch (error) {
        if (isStale()) return;
        this.#complain(error);
        this.listener.onHeard?.(false);
      }
    } while (this.#lookAgain);
    this.#isLooking = false;
  }

  #tell(shared: SharedValue | undefined): void {
    const text = shared === undefined ? undefined : JSON.stringify(shared);
    if (text === this.#told) return;
    this.#told = text;
    this.listener.onValue(shared);
  }

  /** The same failure is met every second, and told once. */
  #complain(error: unknown): void {
    const complaint = String(error);
    if (complaint !== this.#lastComplaint) this.onError(error);
    this.#lastComplaint = complaint;
  }
}
