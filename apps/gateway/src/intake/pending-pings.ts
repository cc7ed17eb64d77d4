import type { Ping, Status } from '@hexfleet/ping';
import { PingBatchBuilder } from '@hexfleet/ping-batch';
import type { Submission } from './submission.js';

/** An admitted ping on its way to the stream: who waits for news of it, and what is needed to take it back. */
export class PendingPing {
  readonly driverId: string;
  readonly capturedAtMs: number;
  readonly seq: number;
  readonly status: Status;
  /** An older ping of the same driver that this one stands for, and that one's in turn. */
  replaced: PendingPing | undefined = undefined;

  constructor(
    ping: Ping,
    readonly submission: Submission,
    readonly index: number,
    /** Where the driver's newest ping is packed: the batch, the driver's turn there, the place of the bytes. */
    readonly batch: OpenBatch,
    readonly turn: number,
    readonly at: number,
  ) {
    this.driverId = ping.driverId;
    this.capturedAtMs = ping.capturedAtMs;
    this.seq = ping.seq;
    this.status = ping.status;
  }
}

export interface OpenBatch {
  readonly builder: PingBatchBuilder;
  /** Of each driver in it the newest ping. */
  readonly waiting: PendingPing[];
  /** When the oldest of its pings was received, those included that others stand for. */
  receivedAtMs: number;
}

const FIRST_EXPECTED = 32;

/**
 * Coalescing: of each driver the newest ping by (capturedAtMs, seq), whatever the order of arrival. Drivers keep their turns.
 * Pings are packed as they come, while they are at hand: what waits for a flush is bytes, and one small object a ping.
 */
export class PendingPings {
  readonly #latest = new Map<string, PendingPing>();
  /** All but the last are full. */
  readonly #batches: OpenBatch[] = [];
  #expected = FIRST_EXPECTED;

  get drivers(): number {
    return this.#latest.size;
  }

  get heldBytes(): number {
    return this.#batches.reduce((bytes, { builder }) => bytes + builder.heldBytes, 0);
  }

  add(ping: Ping, submission: Submission, index: number, receivedAtMs: number): void {
    const known = this.#latest.get(ping.driverId);
    if (known === undefined) {
      const batch = this.#batchWithRoom(receivedAtMs);
      this.#keep(new PendingPing(ping, submission, index, batch, batch.waiting.length, batch.builder.add(ping)));
      return;
    }
    const { batch, turn, at } = known;
    batch.receivedAtMs = Math.min(batch.receivedAtMs, receivedAtMs);
    if (isNewer(ping, known)) {
      const newest = new PendingPing(ping, submission, index, batch, turn, batch.builder.replace(at, ping));
      newest.replaced = known;
      this.#keep(newest);
    } else {
      const older = new PendingPing(ping, submission, index, batch, turn, at);
      older.replaced = known.replaced;
      known.replaced = older;
    }
  }

  /** Takes a batch out, those drivers first who came first; `undefined` when nothing is pending. */
  take(): OpenBatch | undefined {
    const batch = this.#batches.shift();
    if (batch === undefined) return undefined;
    if (this.#batches.length === 0) this.#latest.clear();
    else for (const { driverId } of batch.waiting) this.#latest.delete(driverId);
    this.#expected = batch.waiting.length;
    return batch;
  }

  #batchWithRoom(receivedAtMs: number): OpenBatch {
    const last = this.#batches.at(-1);
    if (last !== undefined && !last.builder.isFull) {
      last.receivedAtMs = Math.min(last.receivedAtMs, receivedAtMs);
      return last;
    }
    const batch = { builder: new PingBatchBuilder(this.#expected), waiting: [], receivedAtMs };
    this.#batches.push(batch);
    return batch;
  }

  #keep(newest: PendingPing): void {
    newest.batch.waiting[newest.turn] = newest;
    this.#latest.set(newest.driverId, newest);
  }
}

type Order = Pick<Ping, 'capturedAtMs' | 'seq'>;

function isNewer(a: Order, b: Order): boolean {
  return a.capturedAtMs > b.capturedAtMs || (a.capturedAtMs === b.capturedAtMs && a.seq > b.seq);
}
