/**
 * A lane to the gateway: pings go in one by one and leave in frames, in order. States:
 *
 *   flowing   up to `windowFrames` frames are on the way; what is queued when one may leave is a frame, up to `batch`
 *   mending   something is to be sent again: nothing leaves until all frames on the way have an answer; then, after a
 *             wait, what failed goes first, in its order. The wait doubles with each round that leaves something
 *             failed, up to 5 s, is jittered, and is at least what the gateway's Retry-After asks for, up to 10 s
 *   given up  after `retries` such rounds what still fails is counted as it last ended, and the lane flows on; until a
 *             frame is answered again, each frame gets one try
 *
 * So a driver whose pings all go by one lane is seen by the gateway in order. A frame that overtook a failed one is the
 * exception: then the one sent again comes back as out_of_order or duplicate, which means that the gateway has a newer
 * one.
 */
import type { WirePing } from '@hexfleet/wire';
import type { AnswerTally } from './answer-tally.js';
import { type GatewayReply, isWorthRetrying, type PingCarrier } from './gateway-reply.js';

/** A frame as it left. Answers may overtake one another; frames can't. */
export interface SentFrame {
  /** Counts the lane's frames from 1, in the order of sending, which is that in which the gateway judges them. */
  readonly frame: number;
  readonly pings: readonly WirePing[];
  /** By the true clock. */
  readonly leftAtMs: number;
}

export interface PingLaneOptions {
  readonly carrier: PingCarrier;
  readonly tally: AnswerTally;
  /** Most pings a frame, 1–500. */
  readonly batch?: number;
  readonly windowFrames?: number;
  /** The lane is full with so many pings queued. */
  readonly maxQueued?: number;
  readonly retries?: number;
  readonly firstRetryWaitMs?: number;
  /** When a frame says it was sent; for phones whose clock is off. */
  readonly sentAtMs?: () => number;
  /** Told of each frame and what came back for it, re-sent ones included. */
  readonly onReply?: (sent: SentFrame, reply: GatewayReply) => void;
}

const MAX_RETRY_WAIT_MS = 5_000;
const MAX_RETRY_AFTER_MS = 10_000;
const DEFAULTS = {
  batch: 100,
  windowFrames: 4,
  maxQueued: 4_000,
  retries: 10,
  firstRetryWaitMs: 200,
  sentAtMs: () => Date.now(),
};

/** A ping that failed, and how its last try ended. */
interface Failed {
  readonly ping: WirePing;
  /** Of the frame of its last try. */
  readonly frame: number;
  readonly lastSaid: 'unavailable' | 'unanswered';
}

export class PingLane {
  readonly #options: PingLaneOptions & typeof DEFAULTS;
  readonly #waiting: (() => void)[] = [];
  /** Pings to send, from `#head` on; the first `#again` of them are sent again. */
  #queue: WirePing[] = [];
  #head = 0;
  #again = 0;
  #failed: Failed[] = [];
  #frames = 0;
  #inFlight = 0;
  #failedRounds = 0;
  #retryAfterMs = 0;
  #isMending = false;
  #mending: NodeJS.Timeout | undefined;
  #isScheduled = false;
  #isClosed = false;

  constructor(options: PingLaneOptions) {
    this.#options = { ...DEFAULTS, ...options };
  }

  get isFull(): boolean {
    return this.#queue.length - this.#head >= this.#options.maxQueued;
  }

  get isIdle(): boolean {
    return this.#inFlight === 0 && !this.#isMending && this.#head === this.#queue.length;
  }

  /** Takes a ping, however full the lane is: who pushes asks `isFull` first, and waits for `changed`. */
  push(ping: WirePing): void {
    this.#queue.push(ping);
    this.#options.tally.handedOver(1);
    if (this.#isScheduled) return;
    // All that is pushed in one go shall travel together.
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.#pump();
    });
  }

  /** Resolves the next time that a frame has ended. */
  changed(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Resolves once every ping pushed has come to its end. */
  async drained(): Promise<void> {
    while (!this.isIdle) await this.changed();
  }

  /** Closes the way. What is still queued or waits to be sent again comes to its end unsent. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#mending);
    await this.#options.carrier.close();
    this.#giveUpFailed();
    this.#options.tally.skipped(this.#queue.length - this.#head);
    this.#queue = [];
    this.#head = 0;
    this.#tellChange();
  }

  #pump(): void {
    const { windowFrames, batch, sentAtMs, carrier } = this.#options;
    while (!this.#isClosed && !this.#isMending && this.#inFlight < windowFrames && this.#head < this.#queue.length) {
      const pings = this.#queue.slice(this.#head, this.#head + batch);
      this.#head += pings.length;
      if (this.#head === this.#queue.length || this.#head > this.#options.maxQueued) {
        this.#queue = this.#queue.slice(this.#head);
        this.#head = 0;
      }
      const again = Math.min(this.#again, pings.length);
      this.#again -= again;
      this.#options.tally.frameSent(pings.length, again);
      this.#inFlight++;
      const sent = { frame: ++this.#frames, pings, leftAtMs: Date.now() };
      void carrier.send(pings, sentAtMs()).then((reply) => this.#ended(sent, reply));
    }
  }

  #ended(sent: SentFrame, reply: GatewayReply): void {
    const { frame, pings } = sent;
    const { tally, onReply } = this.#options;
    this.#inFlight--;
    onReply?.(sent, reply);
    if (reply.kind === 'answered') {
      tally.answered(reply.answer);
      for (const { index, outcome } of reply.answer.results) {
        const ping = pings[index];
        if (outcome === 'unavailable' && ping !== undefined)
          this.#failed.push({ ping, frame, lastSaid: 'unavailable' });
      }
    } else if (isWorthRetrying(reply)) {
      // A refusal with 503 says that nothing of it is known to be in the stream.
      const lastSaid = reply.kind === 'refused' ? 'unavailable' : 'unanswered';
      for (const ping of pings) this.#failed.push({ ping, frame, lastSaid });
      if (reply.kind === 'refused') this.#retryAfterMs = Math.max(this.#retryAfterMs, reply.retryAfterMs ?? 0);
    } else if (reply.kind === 'refused') {
      tally.refused(reply, pings.length);
    }
    this.#isMending = this.#failed.length > 0;
    if (!this.#isMending) this.#failedRounds = 0;
    else if (this.#inFlight === 0) this.#mend();
    this.#pump();
    this.#tellChange();
  }

  #mend(): void {
    const { retries, firstRetryWaitMs } = this.#options;
    if (this.#isClosed || this.#failedRounds >= retries) {
      this.#giveUpFailed();
      return;
    }
    const backoffMs = Math.min(MAX_RETRY_WAIT_MS, firstRetryWaitMs * 2 ** this.#failedRounds);
    const waitMs = Math.max(backoffMs, Math.min(MAX_RETRY_AFTER_MS, this.#retryAfterMs)) * (1 + Math.random() / 4);
    this.#failedRounds++;
    this.#retryAfterMs = 0;
    this.#mending = setTimeout(() => {
      // Answers came in any order, and a driver's older ping must go first. The sort keeps the order within a frame.
      const again = this.#failed.sort((a, b) => a.frame - b.frame).map(({ ping }) => ping);
      this.#failed = [];
      this.#again += again.length;
      this.#queue = [...again, ...this.#queue.slice(this.#head)];
      this.#head = 0;
      this.#isMending = false;
      this.#pump();
    }, waitMs);
  }

  #giveUpFailed(): void {
    for (const { lastSaid } of this.#failed) this.#options.tally.gaveUp(1, lastSaid);
    this.#failed = [];
    this.#isMending = false;
  }

  #tellChange(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
