import type { HomeCells } from '@hexfleet/cells';
import {
  type AdmittedFixes,
  type ClockOffsets,
  type HygienePolicy,
  judgePing,
  type Ping,
  type RejectCode,
  readPing,
} from '@hexfleet/ping';
import type { NextPing, PingRequest } from '@hexfleet/wire';
import type { Backlog } from './backlog.js';
import type { Outboxes } from './outboxes.js';
import type { PartitionOutbox } from './partition-outbox.js';
import type { PingTally } from './ping-tally.js';
import type { Sender } from './sender.js';
import { Submission } from './submission.js';

export interface IntakeParts {
  readonly policy: HygienePolicy;
  readonly clocks: ClockOffsets;
  readonly admitted: AdmittedFixes;
  readonly cells: HomeCells;
  readonly outboxes: Outboxes;
  readonly backlog: Backlog;
  readonly tally: PingTally;
  /** What every app is told about its next ping. */
  readonly next: NextPing;
  readonly nowMs: () => number;
}

/** The way of a ping through the gateway. HTTP and WebSocket both end here. */
export class PingIntake {
  #isClosed = false;

  constructor(private readonly parts: IntakeParts) {}

  /**
   * Takes pings that came in together: reads, judges and decides on each, and puts it into its partition's outbox, which
   * coalesces and publishes. `onSettled` is called once, when each has its answer; of pings that are all refused, at once.
   */
  submit({ sentAtMs, pings }: PingRequest, sender: Sender, onSettled: (submission: Submission) => void): void {
    const { clocks, admitted, cells, outboxes, tally, next, nowMs } = this.parts;
    const receivedAtMs = nowMs();
    const clockOffsetMs = clocks.observe(sender.clock, sentAtMs, receivedAtMs);
    const submission = new Submission(pings.length, next, onSettled);
    tally.received += pings.length;

    for (let index = 0; index < pings.length; index++) {
      const ping = this.#validPing(pings[index], sender, clockOffsetMs, receivedAtMs);
      if (typeof ping === 'string') {
        tally.rejected[ping]++;
        submission.reject(index, ping);
        continue;
      }
      const outbox = outboxes.of(cells.partitionOf(ping.latDeg, ping.lngDeg));
      const refusal = this.#refusal(outbox);
      if (refusal === 'unavailable') {
        tally.unavailable++;
        submission.fail(index);
      } else if (refusal === 'overload') {
        tally.shed.overload[ping.status]++;
        submission.shed(index, 'overload');
      } else {
        admitted.admit(ping, clockOffsetMs);
        outbox.add(ping, submission, index, receivedAtMs);
      }
    }
  }

  /** From now on everything is `unavailable`: the gateway is about to stop. */
  close(): void {
    this.#isClosed = true;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  #validPing(raw: unknown, sender: Sender, clockOffsetMs: number, receivedAtMs: number): Ping | RejectCode {
    const { admitted, policy } = this.parts;
    const ping = readPing(raw, sender, clockOffsetMs, policy.maxSpeedMps);
    if (typeof ping === 'string') return ping;
    return judgePing(ping, receivedAtMs, clockOffsetMs, admitted, policy) ?? ping;
  }

  /** The decision on a valid ping: taken (nothing is returned), or why not. */
  #refusal(outbox: PartitionOutbox): 'unavailable' | 'overload' | undefined {
    if (this.#isClosed || !outbox.isOpen) return 'unavailable';
    return this.parts.backlog.isFull ? 'overload' : undefined;
  }
}
