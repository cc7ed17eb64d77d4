import { setTimeout as sleep } from 'node:timers/promises';
import { readGatewaySignals } from '@hexfleet/load-shedding';
import type { PartitionStore, PartitionTodo } from '@hexfleet/location-store';
import type { PingBus, StreamMessage } from '@hexfleet/ping-bus';
import type { Logger } from '@hexfleet/telemetry';
import { PartitionMemory } from './partition-memory.js';
import { PartitionOwnership } from './partition-ownership.js';
import { PartitionRunner } from './partition-runner.js';
import { WriteBudget } from './write-budget.js';
import type { WriterMetrics } from './writer-metrics.js';
import type { WriterPressure } from './writer-pressure.js';
import type { WriterSettings } from './writer-settings.js';

const TICK_MS = 1_000;
const HEARTBEAT_MS = 5_000;
const CHECKPOINT_MS = 5_000;
const DRAIN_MS = 3_000;

/** Opens the readers of partitions; the transport that carries the writer's intake. */
export interface Intake {
  /** Messages after `afterSeq` of the present stream are delivered from now on, in order. */
  open(partition: number, afterSeq: number): void;
  stopReading(partition: number): void;
  /** Stops reading every partition. */
  close(): void;
}

/**
 * The writer: owns its share of the partitions, fetches, coalesces, stores. Each partition's protocol is its owner's
 * (partition-table), which partitions those are is `ownership`'s; here are the beat to which all of them write together, the
 * directory's to-dos, and what happens when NATS comes and goes.
 */
export class LocationWriter {
  private readonly ownership: PartitionOwnership;
  private readonly memory: PartitionMemory;
  /** Of a writer that is held to so many pings a second. */
  private readonly budget: WriteBudget | undefined;
  private readonly timers: NodeJS.Timeout[] = [];
  private intake: Intake | undefined;
  /** The stream that was there last. */
  private streamId: string | undefined;
  private stopped = false;

  constructor(
    private readonly settings: WriterSettings,
    private readonly bus: PingBus,
    private readonly store: PartitionStore,
    private readonly pressure: WriterPressure,
    private readonly metrics: WriterMetrics,
    private readonly logger: Logger,
  ) {
    this.memory = new PartitionMemory(bus, () => metrics.unreadableBatches.inc());
    this.budget =
      settings.writerLimit === 0 ? undefined : new WriteBudget(settings.writerLimit, 1.25 * settings.writeIntervalMs);
    const hooks = {
      takeEpoch: (partition: number) => this.takeEpoch(partition),
      onDropped: (partition: number) => this.intake?.stopReading(partition),
      onDoubt: (cause: string, error: unknown) => this.noteDoubt(cause, error),
    };
    this.ownership = new PartitionOwnership(settings, bus, hooks, logger);
    metrics.watch(this.ownership.runners);
  }

  start(intake: Intake): void {
    this.intake = intake;
    this.bus.control.subscribe('signals.gateway', (value) => {
      const signals = readGatewaySignals(value);
      if (signals !== undefined) this.pressure.hear(signals, Date.now());
    });
    this.ownership.start();
    this.every(this.settings.writeIntervalMs, () => this.beat());
    this.every(TICK_MS, () => {
      for (const runner of this.ownership.runners.values()) runner.tick();
    });
    this.repeat(this.settings.writeIntervalMs, () => this.fetchTodos());
    this.repeat(this.settings.ttlMs / 3, () => this.sweep());
  }

  /** A message of a partition. Resolves when there is room for the next. */
  deliver(partition: number, message: StreamMessage): Promise<void> | undefined {
    this.metrics.batches.inc();
    return this.ownership.runners.get(partition)?.offer(this.memory.decode(message), message.pending);
  }

  /** NATS is back, perhaps with another stream: read on. With the former one went what was kept beside it. */
  resume(): void {
    const isAnother = this.streamId !== undefined && this.streamId !== this.bus.streamId;
    this.streamId = this.bus.streamId;
    for (const runner of this.ownership.running()) {
      this.openIntake(runner);
      if (isAnother) runner.saveTotals();
    }
  }

  pause(): void {
    this.intake?.close();
  }

  /** Why this writer does not write all that falls to it, or undefined when it does. */
  get problem(): string | undefined {
    return this.ownership.problem;
  }

  /**
   * Has other writers take over, where there are any; otherwise writes what has come in, within a bound. What is left is read
   * from the stream by the next owner.
   */
  async stop(): Promise<void> {
    await this.ownership.handOver();
    this.intake?.close();
    const untilMs = Date.now() + DRAIN_MS;
    while (Date.now() < untilMs && !this.ownership.running().every((runner) => runner.idle)) {
      await sleep(this.settings.writeIntervalMs);
    }
    this.stopped = true;
    for (const timer of this.timers) clearInterval(timer);
    await this.ownership.stop();
  }

  private async takeEpoch(partition: number): Promise<PartitionRunner> {
    const stored = await this.store.storedEpoch(partition);
    const epoch = await this.memory.takeEpoch(partition, this.settings.writerId, stored);
    const owner = {
      partition,
      epoch,
      ttlMs: this.settings.ttlMs,
      heartbeatMs: HEARTBEAT_MS,
      checkpointMs: CHECKPOINT_MS,
    };
    return new PartitionRunner(owner, this.store, this.memory, {
      onReady: (runner) => this.openIntake(runner),
      onDoubt: (cause, error) => this.noteDoubt(cause, error),
      onBacklog: (backlogged) => {
        if (this.budget === undefined) setImmediate(() => this.feed(backlogged));
      },
      isReading: () => this.bus.connected,
    });
  }

  private openIntake(runner: PartitionRunner): void {
    if (!this.bus.connected) return;
    const { delivered } = runner;
    const afterSeq = delivered?.stream === this.bus.streamId ? delivered.seq : 0;
    this.intake?.open(runner.partition, afterSeq);
  }

  /** All partitions write to one beat, so that their writes share a round trip. What is left waiting is pressure. */
  private beat(): void {
    const nowMs = Date.now();
    if (this.budget === undefined) for (const runner of this.ownership.runners.values()) this.feed(runner);
    else this.feedWithin(this.budget, nowMs);
    const queueOf = ({ partition, waitingPings }: PartitionRunner) =>
      waitingPings + (this.budget?.owedBy(partition) ?? 0);
    const signals = this.pressure.settle(this.ownership.runners.values(), queueOf, nowMs);
    if (signals !== undefined) this.bus.control.publish('signals.writer', signals);
  }

  private feedWithin(budget: WriteBudget, nowMs: number): void {
    budget.refill(nowMs);
    const needy = [...this.ownership.runners.values()].filter(({ isWaiting }) => isWaiting);
    budget.share(
      needy.map((runner) => ({
        partition: runner.partition,
        pings: runner.waitingPings,
        weight: this.pressure.weightOf(runner, nowMs),
      })),
      (partition, pings) => (this.ownership.runners.get(partition) as PartitionRunner).wake(pings),
      (partition, pings) => this.pressure.noteTaken(partition, pings),
    );
    // Its housekeeping isn't limited.
    for (const runner of needy) if (runner.waitingPings === 0) runner.wake(0);
  }

  private feed(runner: PartitionRunner): void {
    this.pressure.noteTaken(runner.partition, runner.wake(Number.POSITIVE_INFINITY));
  }

  private async fetchTodos(): Promise<void> {
    const running = this.ownership.running();
    if (running.length === 0) return;
    const { todos, born, failures } = await this.store.directory.todos(
      running.map(({ partition }) => partition),
      Date.now(),
    );
    const byPartition = new Map<number, PartitionTodo[]>();
    for (const todo of todos) {
      const list = byPartition.get(todo.partition);
      if (list === undefined) byPartition.set(todo.partition, [todo]);
      else list.push(todo);
    }
    for (const runner of running) runner.notice(byPartition.get(runner.partition) ?? [], born);
    for (const error of failures) this.noteDoubt('look', error);
  }

  private async sweep(): Promise<void> {
    for (const slot of this.store.directory.slots) {
      if (!this.ownership.isMine(`sweep ${slot}`)) continue;
      // The others are swept though this one doesn't answer.
      await this.sweepSlot(slot).catch((error: unknown) => this.noteDoubt('look', error));
    }
  }

  private async sweepSlot(slot: number): Promise<void> {
    let cursor = '0';
    do cursor = await this.store.directory.sweep(slot, cursor, Date.now());
    while (cursor !== '0' && !this.stopped);
  }

  private every(ms: number, act: () => void): void {
    this.timers.push(setInterval(act, ms));
  }

  /** Like `every`, but never two at once, and a failure is a doubt like any other. */
  private repeat(ms: number, act: () => Promise<void>): void {
    let busy = false;
    this.every(ms, () => {
      if (busy) return;
      busy = true;
      act()
        .catch((error: unknown) => this.noteDoubt('look', error))
        .finally(() => {
          busy = false;
        });
    });
  }

  private noteDoubt(cause: string, error: unknown): void {
    this.metrics.doubts.inc({ cause });
    this.logger.debug({ cause, err: error }, 'no answer');
  }
}
