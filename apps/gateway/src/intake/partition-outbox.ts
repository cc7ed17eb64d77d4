/**
 * Pings of one partition on their way to the stream. Pending ones are coalesced by driver and published as a batch, at most
 * one batch at a time: so a publisher's batches have one order, and batches grow by themselves when the stream is slow.
 *
 * States: open (a batch may be in flight); in doubt, after a publication of which nobody can say whether the stream has it.
 * Then whoever waits is told `unavailable`, new pings are refused, and the very same bytes are published again until the
 * stream acknowledges them: each batch carries its publisher's running total, by which the writer recognises one that it
 * has already. A refusal of a repetition settles nothing, since it says nothing of the first attempt. A doubt that lasts is
 * given up, and with it the publisher's name, so that no later batch is taken for the one in doubt. It lasts when the stream
 * has been there all that time; but however long NATS is away, it is given up before writers may forget the name.
 */

import { MAX_PUBLISHER_DOUBT_MS } from '@hexfleet/partition-table';
import type { Ping } from '@hexfleet/ping';
import type { BatchPublisher, PublishResult } from '@hexfleet/ping-bus';
import type { Backlog } from './backlog.js';
import { type OpenBatch, type PendingPing, PendingPings } from './pending-pings.js';
import type { PingTally } from './ping-tally.js';
import type { Submission } from './submission.js';

export interface OutboxSettings {
  /** Drivers pending at which a batch goes out before the next flush. */
  readonly flushPings: number;
  readonly publishTimeoutMs: number;
  /** How long a batch may be in doubt, while the stream is there, before it is given up. */
  readonly maxDoubtMs: number;
  /** A publisher idle for longer starts under a new name, so that writers may forget the old one. */
  readonly publisherIdleMs: number;
}

/** What the outboxes of a gateway have in common. */
export interface OutboxSurroundings {
  readonly settings: OutboxSettings;
  readonly publisher: BatchPublisher & { readonly connected: boolean };
  readonly tally: PingTally;
  readonly backlog: Backlog;
  /** Forgets that a ping was admitted. */
  readonly takeBack: (ping: Pick<Ping, 'driverId' | 'capturedAtMs' | 'seq'>) => void;
  readonly nowMs: () => number;
  /** 16 random hexadecimal digits. */
  readonly newPublisherName: () => string;
  readonly observePublish: (result: PublishResult, elapsedMs: number, pings: number) => void;
}

interface Batch {
  readonly message: Buffer;
  /** How many drivers' pings it carries, and how many older ones those stand for. */
  readonly pings: number;
  readonly coalesced: number;
  /** Whoever waits for it; nobody any more once it is in doubt. */
  waiting: readonly PendingPing[];
  doubt: Doubt | undefined;
}

interface Doubt {
  readonly sinceMs: number;
  /** How long the stream has been there since, up to the last tick. */
  testedMs: number;
  tickedAtMs: number;
  retries: number;
  retryAtMs: number;
  isRetrying: boolean;
}

const UNKNOWN: PublishResult = { kind: 'unknown' };
const FIRST_RETRY_MS = 250;
const MAX_RETRY_MS = 5_000;

export class PartitionOutbox {
  readonly #pending = new PendingPings();
  #inFlight: Batch | undefined;
  #publisherName = '';
  /** Pings in the batches that the stream has acknowledged under this name. */
  #publishedPings = 0;
  #lastPublishedAtMs = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly partition: number,
    private readonly surroundings: OutboxSurroundings,
  ) {}

  /** Whether pings may be added: the stream is there, and nothing published is in doubt. */
  get isOpen(): boolean {
    return this.#inFlight?.doubt === undefined && this.surroundings.publisher.connected;
  }

  /** Whether anyone waits for news of a ping. */
  get isWaitedFor(): boolean {
    return this.#pending.drivers > 0 || (this.#inFlight?.waiting.length ?? 0) > 0;
  }

  get isInFlight(): boolean {
    return this.#inFlight !== undefined;
  }

  /** Pings of which nobody can say whether the stream has them, the coalesced ones included. */
  get pingsInDoubt(): number {
    const batch = this.#inFlight;
    return batch?.doubt === undefined ? 0 : batch.pings + batch.coalesced;
  }

  get heldBytes(): number {
    return this.#pending.heldBytes + (this.#inFlight?.message.length ?? 0);
  }

  add(ping: Ping, submission: Submission, index: number, receivedAtMs: number): void {
    this.surroundings.backlog.pings++;
    this.#pending.add(ping, submission, index, receivedAtMs);
    if (this.#pending.drivers >= this.surroundings.settings.flushPings) this.#publishPending();
  }

  /** Does what is due: called at every flush, and more often while draining. */
  tick(nowMs: number): void {
    const doubt = this.#inFlight?.doubt;
    if (doubt === undefined) this.#publishPending();
    else if (this.#isHopeless(doubt, nowMs)) this.#giveUp();
    else if (nowMs >= doubt.retryAtMs && !doubt.isRetrying && this.surroundings.publisher.connected) this.#retry();
  }

  /** The stream is back: a batch in doubt goes out with the next tick. */
  retrySoon(): void {
    const doubt = this.#inFlight?.doubt;
    if (doubt !== undefined) doubt.retryAtMs = Number.NEGATIVE_INFINITY;
  }

  /** Tells everyone who still waits that nothing is known. For the end of the process. */
  abandon(): void {
    this.#failPending();
    if (this.#inFlight?.doubt === undefined) this.#beginDoubt();
  }

  #publishPending(): void {
    if (this.#inFlight !== undefined || this.#pending.drivers === 0) return;
    if (!this.surroundings.publisher.connected) {
      this.#failPending();
      return;
    }
    const nowMs = this.surroundings.nowMs();
    const isIdle = nowMs - this.#lastPublishedAtMs > this.surroundings.settings.publisherIdleMs;
    if (isIdle) this.#renamePublisher();
    this.#lastPublishedAtMs = nowMs;
    this.#inFlight = this.#closed(this.#pending.take() as OpenBatch);
    void this.#publish(this.#inFlight);
  }

  #closed({ builder, waiting, receivedAtMs }: OpenBatch): Batch {
    let coalesced = 0;
    for (const pending of waiting) {
      for (let older = pending.replaced; older !== undefined; older = older.replaced) coalesced++;
    }
    const identity = { publisher: this.#publisherName, totalBefore: this.#publishedPings };
    const message = builder.finish({ ...identity, receivedAtMs });
    return { message, pings: waiting.length, coalesced, waiting, doubt: undefined };
  }

  async #publish(batch: Batch): Promise<void> {
    const { publisher, settings, nowMs, observePublish } = this.surroundings;
    const startedAtMs = nowMs();
    const result = await publisher
      .publish(this.partition, batch.message, settings.publishTimeoutMs)
      .catch(() => UNKNOWN);
    observePublish(result, nowMs() - startedAtMs, batch.pings);
    // Given up meanwhile: the name it was published under is no longer used.
    if (this.#inFlight !== batch) return;
    if (result.kind === 'stored') this.#settleStored(batch);
    else if (batch.doubt !== undefined) batch.doubt.isRetrying = false;
    else if (result.kind === 'unknown') this.#beginDoubt();
    else this.#settleRefused(batch, result.reason === 'full');
    if (this.#pending.drivers >= settings.flushPings) this.#publishPending();
  }

  #settleStored(batch: Batch): void {
    const { tally, backlog } = this.surroundings;
    this.#inFlight = undefined;
    this.#publishedPings += batch.pings;
    tally.accepted += batch.pings;
    tally.coalesced += batch.coalesced;
    for (const newest of batch.waiting) {
      backlog.pings--;
      newest.submission.accept();
      for (let older = newest.replaced; older !== undefined; older = older.replaced) {
        backlog.pings--;
        older.submission.coalesce(older.index);
      }
    }
  }

  #settleRefused(batch: Batch, isFull: boolean): void {
    this.#inFlight = undefined;
    if (isFull) this.#shed(batch.waiting);
    else this.#fail(batch.waiting, true);
  }

  /** Of all pings in the batch nobody knows; of those still pending, everybody knows that they weren't published. */
  #beginDoubt(): void {
    const batch = this.#inFlight;
    if (batch !== undefined) {
      const nowMs = this.surroundings.nowMs();
      const age = { sinceMs: nowMs, testedMs: 0, tickedAtMs: nowMs };
      batch.doubt = { ...age, retries: 0, retryAtMs: nowMs + FIRST_RETRY_MS, isRetrying: false };
      const { waiting } = batch;
      batch.waiting = [];
      this.#fail(waiting, false);
    }
    this.#failPending();
  }

  #retry(): void {
    const batch = this.#inFlight as Batch;
    const doubt = batch.doubt as Doubt;
    const waitMs = Math.min(MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** doubt.retries);
    doubt.retries++;
    doubt.retryAtMs = this.surroundings.nowMs() + waitMs;
    doubt.isRetrying = true;
    void this.#publish(batch);
  }

  #isHopeless(doubt: Doubt, nowMs: number): boolean {
    if (this.surroundings.publisher.connected) doubt.testedMs += nowMs - doubt.tickedAtMs;
    doubt.tickedAtMs = nowMs;
    return doubt.testedMs > this.surroundings.settings.maxDoubtMs || nowMs - doubt.sinceMs > MAX_PUBLISHER_DOUBT_MS;
  }

  #giveUp(): void {
    const { pings, coalesced } = this.#inFlight as Batch;
    this.surroundings.tally.unavailable += pings + coalesced;
    this.#inFlight = undefined;
    this.#renamePublisher();
  }

  #renamePublisher(): void {
    this.#publisherName = this.surroundings.newPublisherName();
    this.#publishedPings = 0;
  }

  #failPending(): void {
    for (let batch = this.#pending.take(); batch !== undefined; batch = this.#pending.take()) {
      this.#fail(batch.waiting, true);
    }
  }

  /** Answers `unavailable`; counts it as well where that is the fate and not only the answer. */
  #fail(waiting: readonly PendingPing[], isFate: boolean): void {
    this.#takeBack(waiting, ({ submission, index }) => {
      if (isFate) this.surroundings.tally.unavailable++;
      submission.fail(index);
    });
  }

  #shed(waiting: readonly PendingPing[]): void {
    this.#takeBack(waiting, ({ submission, index, status }) => {
      this.surroundings.tally.shed.overload[status]++;
      submission.shed(index, 'overload');
    });
  }

  /** Forgets that pings were admitted, so that the same ones sent again aren't called duplicates. */
  #takeBack(waiting: readonly PendingPing[], tell: (pending: PendingPing) => void): void {
    for (const newest of waiting) {
      for (let pending: PendingPing | undefined = newest; pending !== undefined; pending = pending.replaced) {
        this.surroundings.backlog.pings--;
        this.surroundings.takeBack(pending);
        tell(pending);
      }
    }
  }
}
