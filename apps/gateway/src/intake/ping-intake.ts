import type { HomeCells } from '@hexfleet/cells';
import type { LoadShedder, PolicyOfPing } from '@hexfleet/load-shedding';
import {
  type AdmittedFixes,
  type ClockOffsets,
  cappedStatus,
  judgePing,
  MAX_ABS_LAT_DEG,
  type Ping,
  type RejectCode,
  readPing,
  type ShedCode,
} from '@hexfleet/ping';
import { type PingRequest, type UnreadGate, UnreadPing } from '@hexfleet/wire';
import type { DecisionLog } from '../shedding/decision-log.js';
import type { GatewayPressure } from '../shedding/gateway-pressure.js';
import type { PingHints } from '../shedding/ping-hints.js';
import type { PolicyInUse } from '../shedding/policy-in-use.js';
import type { Backlog } from './backlog.js';
import type { Outboxes } from './outboxes.js';
import type { PartitionOutbox } from './partition-outbox.js';
import type { PingTally } from './ping-tally.js';
import type { Sender } from './sender.js';
import { Submission } from './submission.js';

export interface IntakeParts {
  readonly policies: PolicyInUse;
  readonly clocks: ClockOffsets;
  readonly admitted: AdmittedFixes;
  readonly cells: HomeCells;
  readonly shedder: LoadShedder;
  readonly pressure: GatewayPressure;
  readonly hints: PingHints;
  readonly decisions: DecisionLog;
  readonly outboxes: Outboxes;
  readonly backlog: Backlog;
  readonly tally: PingTally;
  readonly nowMs: () => number;
}

/** A ping of which so much is known that it can be decided on. */
interface Decidable extends Pick<Ping, 'driverId' | 'latDeg' | 'lngDeg' | 'capturedAtMs' | 'status'> {}

/** The way of a ping through the gateway. HTTP and WebSocket both end here. */
export class PingIntake {
  #isClosed = false;

  constructor(private readonly parts: IntakeParts) {}

  /**
   * Takes pings that came in together: reads, judges and decides on each, and puts it into its partition's outbox, which
   * coalesces and publishes. `onSettled` is called once, when each has its answer; of pings that are all refused, at once.
   */
  submit({ sentAtMs, pings }: PingRequest, sender: Sender, onSettled: (submission: Submission) => void): void {
    const { clocks, admitted, hints, pressure, shedder, tally, nowMs } = this.parts;
    const receivedAtMs = nowMs();
    const clockOffsetMs = clocks.observe(sender.clock, sentAtMs, receivedAtMs);
    const submission = new Submission(pings.length, hints, onSettled);
    tally.received += pings.length;

    for (let index = 0; index < pings.length; index++) {
      const raw = pings[index];
      if (raw instanceof UnreadPing) {
        submission.advise(hints.longest(raw.status));
        this.#shed(raw, 'overload', submission, index);
        continue;
      }
      const ping = this.#validPing(raw, sender, clockOffsetMs, receivedAtMs);
      if (typeof ping === 'string') {
        tally.rejected[ping]++;
        submission.reject(index, ping);
        continue;
      }
      const partition = this.#partitionOf(ping);
      const outbox = this.parts.outboxes.of(partition);
      pressure.offered.note(partition);
      submission.advise(hints.at(partition, ping.status));
      const refusal = this.#refusal(outbox) ?? this.#decide(ping, partition);
      if (refusal === 'unavailable') {
        tally.unavailable++;
        submission.fail(index);
      } else if (refusal !== undefined) {
        this.#shed(ping, refusal, submission, index);
      } else {
        admitted.admit(ping, clockOffsetMs);
        outbox.add(shedder.withInferredMotion(ping), submission, index, receivedAtMs);
      }
    }
  }

  /**
   * At extreme load, what decides on the pings of a binary frame before they are decoded; else undefined. Pings that it
   * lets through are decided on once they are read and judged.
   */
  unreadGate(sender: Sender): UnreadGate | undefined {
    const { pressure, clocks, nowMs, policies } = this.parts;
    if (!pressure.ladder.isAt('decide_before_decoding')) return undefined;
    const receivedAtMs = nowMs();
    const clockOffsetMs = clocks.observe(sender.clock, undefined, receivedAtMs);
    const { maxAgeMs, futureToleranceMs } = policies.hygiene;
    return (peeked) => {
      const driverId = sender.driverId ?? peeked.driverId;
      const isOwn = peeked.driverId === undefined || peeked.driverId === driverId;
      const capturedAtMs = peeked.capturedAtMs + clockOffsetMs;
      const ageMs = receivedAtMs - capturedAtMs;
      const isPlace = Math.abs(peeked.latDeg) <= MAX_ABS_LAT_DEG && (peeked.latDeg !== 0 || peeked.lngDeg !== 0);
      const isPlausible = ageMs <= maxAgeMs && ageMs >= -futureToleranceMs && isPlace;
      // What isn't right by the first look is read, so that it is rejected for what is wrong with it.
      if (driverId === undefined || !isOwn || !isPlausible) return true;
      const ping = { ...peeked, driverId, capturedAtMs, status: cappedStatus(peeked.status, sender.maxStatus) };
      const partition = this.#partitionOf(ping);
      const isDropped = this.parts.shedder.drops(ping, partition, this.#policyOf(ping));
      if (isDropped) pressure.offered.note(partition);
      return !isDropped;
    };
  }

  /** From now on everything is `unavailable`: the gateway is about to stop. */
  close(): void {
    this.#isClosed = true;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  #validPing(raw: unknown, sender: Sender, clockOffsetMs: number, receivedAtMs: number): Ping | RejectCode {
    const { admitted, policies } = this.parts;
    const { hygiene } = policies;
    const ping = readPing(raw, sender, clockOffsetMs, hygiene.maxSpeedMps);
    if (typeof ping === 'string') return ping;
    return judgePing(ping, receivedAtMs, clockOffsetMs, admitted, hygiene) ?? ping;
  }

  /** Why no ping can be taken there at all; undefined when it can. */
  #refusal(outbox: PartitionOutbox): 'unavailable' | 'overload' | undefined {
    if (this.#isClosed || !outbox.isOpen || !this.parts.pressure.isSettled) return 'unavailable';
    return this.parts.backlog.isFull ? 'overload' : undefined;
  }

  /** The decision on a valid ping: why it is shed, or undefined when it is admitted. */
  #decide(ping: Ping, partition: number): ShedCode | undefined {
    const { shedder, decisions, policies, tally } = this.parts;
    const code = shedder.decide(ping, partition, this.#policyOf(ping));
    const isShadow = shedder.isShadowShed;
    if (isShadow) tally.shadowShed[ping.status]++;
    if (decisions.isWatched(ping.driverId)) {
      const verdict = { partition, code, isShadow, policyVersion: policies.version };
      decisions.note(ping, verdict, shedder.explanation);
    }
    return code;
  }

  #shed({ status }: Pick<Ping, 'status'>, code: ShedCode, submission: Submission, index: number): void {
    this.parts.tally.shed[code][status]++;
    submission.shed(index, code);
  }

  #policyOf({ latDeg, lngDeg, status }: Decidable): PolicyOfPing {
    return this.parts.policies.of(latDeg, lngDeg, status);
  }

  #partitionOf({ latDeg, lngDeg }: Decidable): number {
    return this.parts.cells.partitionOf(latDeg, lngDeg);
  }
}
