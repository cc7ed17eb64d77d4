import { performance } from 'node:perf_hooks';
import {
  type GatewayPartition,
  type GatewaySignals,
  type LoadShedder,
  OverloadLadder,
  type OverloadStage,
  OwnPressure,
  SignalBoard,
  type WriterSignals,
} from '@hexfleet/load-shedding';
import type { Backlog } from '../intake/backlog.js';
import { OfferedPings } from './offered-pings.js';
import type { PingHints } from './ping-hints.js';
import type { PolicyInUse } from './policy-in-use.js';

export interface PressureParts {
  readonly gatewayId: string;
  readonly partitions: number;
  readonly shedder: LoadShedder;
  readonly policies: PolicyInUse;
  readonly hints: PingHints;
  readonly backlog: Backlog;
  readonly maxPendingPings: number;
  readonly heldBytes: () => number;
  readonly isPolicyHeard: () => boolean;
  readonly nowMs: () => number;
  readonly onStage: (stage: OverloadStage) => void;
}

/** A gateway that has just started lets nothing in before it knows pressure and policy, or has waited for so long. */
const SETTLE_MS = 1_500;
/** Weight of the newest acknowledgement in the moving mean. */
const ACK_WEIGHT = 0.05;
/** With nothing published, an old mean says nothing. */
const ACK_TIMEOUT_MS = 2_000;

/**
 * Gathers the signals, and tunes by them: what owners tell of their partitions, and the gateway's own trouble. What it does
 * in each partition, and its own trouble, are what its reports tell.
 */
export class GatewayPressure {
  readonly ladder = new OverloadLadder();
  readonly offered: OfferedPings;
  readonly #board: SignalBoard;
  readonly #own = new OwnPressure();
  readonly #shares: Float64Array;
  #loop = performance.eventLoopUtilization();
  #loopUtilization = 0;
  #ackMs = 0;
  #ackedAtMs = 0;
  #tickedAtMs: number;
  #settledByMs: number;

  constructor(private readonly parts: PressureParts) {
    const { partitions, nowMs } = parts;
    this.offered = new OfferedPings(partitions);
    this.#board = new SignalBoard(partitions, nowMs());
    this.#shares = new Float64Array(partitions).fill(1);
    this.#tickedAtMs = nowMs();
    this.#settledByMs = Number.POSITIVE_INFINITY;
  }

  /** Whether pressure and policy are known: before that, letting pings in might flood a writer that is behind. */
  get isSettled(): boolean {
    if (this.#settledByMs === Number.NEGATIVE_INFINITY) return true;
    const isKnown = this.#board.isComplete && this.parts.isPolicyHeard();
    if (!isKnown && this.parts.nowMs() < this.#settledByMs) return false;
    this.#settledByMs = Number.NEGATIVE_INFINITY;
    this.tick();
    return true;
  }

  get ownShare(): number {
    return this.#own.share;
  }

  get loopUtilization(): number {
    return this.#loopUtilization;
  }

  /** The largest factor by which silence bounds are stretched in any partition; 1 when they hold. */
  get silenceStretch(): number {
    return Math.max(1, ...this.offeredPartitions.map(({ silenceStretch }) => silenceStretch));
  }

  /** Partitions whose owner has been silent for too long. */
  get silentPartitions(): number {
    return this.#board.silentPartitions(this.parts.nowMs());
  }

  shareOf(partition: number): number {
    return this.#shares[partition] as number;
  }

  /** The stream is there, for the first time or again: silence counts from now on. */
  streamUp(): void {
    const nowMs = this.parts.nowMs();
    this.#board.resume(nowMs);
    if (this.#settledByMs === Number.POSITIVE_INFINITY) this.#settledByMs = nowMs + SETTLE_MS;
  }

  /** What an owner tells is followed at once. */
  hear(signals: WriterSignals): void {
    const nowMs = this.parts.nowMs();
    this.#board.hear(signals, nowMs);
    for (const { partition } of signals.partitions) if (partition < this.parts.partitions) this.#tune(partition, nowMs);
  }

  noteAck(elapsedMs: number): void {
    this.#ackedAtMs = this.parts.nowMs();
    this.#ackMs += (elapsedMs - this.#ackMs) * ACK_WEIGHT;
  }

  /** Takes in what has come, and tunes. Called several times a second. */
  tick(): void {
    const { policies, backlog, maxPendingPings } = this.parts;
    const nowMs = this.parts.nowMs();
    const elapsedMs = nowMs - this.#tickedAtMs;
    this.#tickedAtMs = nowMs;
    // Two ticks in one moment, or a clock that was put back.
    if (elapsedMs <= 0) return;
    policies.refresh(nowMs);
    this.offered.settle(elapsedMs);
    this.#measureLoop();
    if (nowMs - this.#ackedAtMs > ACK_TIMEOUT_MS) this.#ackMs = 0;
    this.#own.update({
      nowMs,
      loopUtilization: this.#loopUtilization,
      publishAckMs: this.#ackMs,
      heldPings: backlog.pings,
      maxHeldPings: maxPendingPings,
    });
    if (this.ladder.update(nowMs, this.#loopUtilization, this.#own.share)) this.parts.onStage(this.ladder.stage);
    for (let partition = 0; partition < this.parts.partitions; partition++) {
      this.parts.shedder.endPeriod(partition);
      this.#tune(partition, nowMs);
    }
  }

  /** What it does where pings came in lately. */
  get offeredPartitions(): GatewayPartition[] {
    return [...this.#partitionReports()];
  }

  report(): GatewaySignals {
    const { gatewayId, policies, heldBytes, nowMs } = this.parts;
    return {
      gateway: gatewayId,
      atMs: nowMs(),
      policyVersion: policies.version,
      stage: this.ladder.stage,
      loopUtilization: this.#loopUtilization,
      publishAckMs: this.#ackMs,
      bufferedBytes: heldBytes(),
      ownShare: this.#own.share,
      partitions: this.offeredPartitions,
    };
  }

  *#partitionReports(): Iterable<GatewayPartition> {
    const { partitions, shedder, policies } = this.parts;
    for (let partition = 0; partition < partitions; partition++) {
      const offeredPerSecond = this.offered.perSecond(partition);
      if (offeredPerSecond === 0) continue;
      const { thresholdM, stretch } = shedder.pressureOf(partition, policies.base);
      yield {
        partition,
        offeredPerSecond,
        share: this.#admittedShare(partition),
        // JSON has no infinity: only urgent pings are admitted.
        thresholdM: Math.min(thresholdM, Number.MAX_SAFE_INTEGER),
        silenceStretch: stretch,
      };
    }
  }

  /** Under the policy for all: overrides of parts of the fleet are beside it. */
  #admittedShare(partition: number): number {
    const { mode, shadow, fixedLevel } = this.parts.policies.base.policy;
    if (shadow || mode === 'off') return 1;
    return mode === 'fixed' ? 1 - fixedLevel : this.shareOf(partition);
  }

  #tune(partition: number, nowMs: number): void {
    const { shedder, hints, policies } = this.parts;
    const share = Math.min(this.#own.share, this.#board.shareOf(partition, nowMs));
    this.#shares[partition] = share;
    shedder.tunePartition(partition, share);
    const { base } = policies;
    const { thresholdM } = shedder.pressureOf(partition, base);
    hints.tune(partition, base.policy, { share: this.#admittedShare(partition), thresholdM });
  }

  #measureLoop(): void {
    const now = performance.eventLoopUtilization();
    this.#loopUtilization = performance.eventLoopUtilization(now, this.#loop).utilization;
    this.#loop = now;
  }
}
