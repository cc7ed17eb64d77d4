import {
  type GatewaySignals,
  OfferedBoard,
  type PartitionSignal,
  ShareController,
  type SharePeriod,
  UsualLoad,
  type WriterSignals,
} from '@hexfleet/load-shedding';
import type { PartitionRunner } from './partition-runner.js';

/** An owner tells nothing before gateways had time to tell what they admit: it goes on from there. */
const LISTEN_MS = 600;

interface OwnedShare {
  readonly runner: PartitionRunner;
  readonly controller: ShareController;
}

/** What the writer tells gateways to admit, partition by partition, by how long pings wait for it. */
export class WriterPressure {
  readonly #offered = new OfferedBoard();
  readonly #owned = new Map<number, OwnedShare>();
  readonly #usual = new Map<number, UsualLoad>();
  readonly #taken = new Map<number, number>();
  #listensUntilMs: number | undefined;
  #settledAtMs: number | undefined;

  constructor(
    private readonly writerId: string,
    private readonly targetLagMs: (nowMs: number) => number,
  ) {}

  hear(signals: GatewaySignals, nowMs: number): void {
    this.#offered.hear(signals, nowMs);
  }

  /** The writer has given an owner so many pings to write. */
  noteTaken(partition: number, pings: number): void {
    this.#taken.set(partition, (this.#taken.get(partition) ?? 0) + pings);
  }

  /**
   * After a beat: what is left waiting decides on the shares. `queueOf`: pings that a partition's next ping has to wait for.
   * Undefined while it is too early to tell.
   */
  settle(
    runners: Iterable<PartitionRunner>,
    queueOf: (runner: PartitionRunner) => number,
    nowMs: number,
  ): WriterSignals | undefined {
    this.#listensUntilMs ??= nowMs + LISTEN_MS;
    if (nowMs < this.#listensUntilMs) return undefined;
    const partitions: PartitionSignal[] = [];
    const elapsedMs = nowMs - (this.#settledAtMs ?? nowMs);
    this.#settledAtMs = nowMs;
    const targetLagMs = this.targetLagMs(nowMs);
    for (const runner of runners) {
      if (runner.state !== 'running') continue;
      const queuedPings = queueOf(runner);
      const offeredPerSecond = this.#offered.offeredPerSecond(runner.partition, nowMs);
      const signal = this.#signalOf(runner, { nowMs, targetLagMs, offeredPerSecond, waitingPings: queuedPings });
      const isCalm = signal.share >= 1 && queuedPings === 0 && elapsedMs > 0;
      if (isCalm && offeredPerSecond !== undefined) this.#usualOf(runner).learn(offeredPerSecond, elapsedMs);
      partitions.push(signal);
    }
    this.#taken.clear();
    return { writer: this.writerId, atMs: nowMs, partitions };
  }

  /** By what a budget that is too small is shared out. */
  weightOf(runner: PartitionRunner, nowMs: number): number {
    const offered = this.#offered.offeredPerSecond(runner.partition, nowMs) ?? 0;
    return this.#usualOf(runner).perSecond(offered);
  }

  #usualOf({ partition }: PartitionRunner): UsualLoad {
    const usual = this.#usual.get(partition) ?? new UsualLoad();
    this.#usual.set(partition, usual);
    return usual;
  }

  #signalOf(runner: PartitionRunner, seen: Omit<SharePeriod, 'lagMs' | 'takenPings'>): PartitionSignal {
    const { partition, epoch, totals, backlogMessages } = runner;
    const lagMs = runner.lagMs(seen.nowMs);
    const share = this.#controllerOf(runner, seen.nowMs).update({
      ...seen,
      lagMs: seen.waitingPings === 0 ? 0 : lagMs,
      takenPings: this.#taken.get(partition) ?? 0,
    });
    const { written, superseded, expired } = totals;
    return { partition, epoch, lagMs, share, backlogMessages, written, superseded, expired };
  }

  /** Made when gateways have had time to tell what they admit: an owner that takes over goes on from there. */
  #controllerOf(runner: PartitionRunner, nowMs: number): ShareController {
    const known = this.#owned.get(runner.partition);
    if (known?.runner === runner) return known.controller;
    const controller = new ShareController(this.#offered.share(runner.partition, nowMs));
    this.#owned.set(runner.partition, { runner, controller });
    return controller;
  }
}
