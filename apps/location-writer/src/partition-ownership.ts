import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { PingBus } from '@hexfleet/ping-bus';
import type { Logger } from '@hexfleet/telemetry';
import {
  beatMs,
  Duties,
  readWriterBeat,
  WRITER_BEATS,
  type WriterBeat,
  WriterBoard,
} from '@hexfleet/writer-membership';
import pLimit from 'p-limit';
import type { PartitionRunner } from './partition-runner.js';
import type { WriterSettings } from './writer-settings.js';

/** A writer that comes to own a partition, or gives one up. */
export interface OwnershipHooks {
  /** An owner under an epoch above all before it, not yet running. @throws when NATS or Redis does not answer. */
  readonly takeEpoch: (partition: number) => Promise<PartitionRunner>;
  readonly onDropped: (partition: number) => void;
  readonly onDoubt: (cause: string, error: unknown) => void;
}

const LOOK_MS = 100;
const RETRY_MS = 500;
const LOG_MS = 1_000;
const TAKE_OVERS_AT_ONCE = 16;
/** How long a writer that is to stop waits for others to take what it owns. */
const HAND_OVER_MS = 5_000;

/** Which partitions this process writes, by what it hears of the other writers. */
export class PartitionOwnership {
  readonly runners = new Map<number, PartitionRunner>();
  private readonly taking = new Set<number>();
  private readonly inTurn = pLimit(TAKE_OVERS_AT_ONCE);
  private readonly self: Pick<WriterBeat, 'writer' | 'session' | 'startedAtMs' | 'leaseMs'>;
  private readonly board: WriterBoard;
  private readonly duties: Duties;
  private readonly timers: NodeJS.Timeout[] = [];
  private readonly ends = new Set<Promise<void>>();
  /** Since it was last logged. */
  private changes = { taken: 0, lost: 0 };
  private wasSecondOfItsName = false;
  private draining = false;
  private stopped = false;

  constructor(
    private readonly settings: WriterSettings,
    private readonly bus: PingBus,
    private readonly hooks: OwnershipHooks,
    private readonly logger: Logger,
  ) {
    const { writerId: writer, writerLeaseMs: leaseMs } = settings;
    this.self = { writer, session: randomUUID(), startedAtMs: Date.now(), leaseMs };
    this.board = new WriterBoard(this.self, { leaseMs });
    this.duties = new Duties(writer, this.board, { leaseMs });
  }

  start(): void {
    this.bus.control.subscribe(WRITER_BEATS, (value) => {
      const beat = readWriterBeat(value);
      if (beat !== undefined) this.board.hear(beat);
    });
    this.tell();
    this.timers.push(setInterval(() => this.look(), LOOK_MS));
    this.timers.push(setInterval(() => this.tell(), beatMs({ leaseMs: this.settings.writerLeaseMs })));
    this.timers.push(setInterval(() => this.logChanges(), LOG_MS));
  }

  /** Why this writer does not do all that falls to it, or undefined when it does. */
  get problem(): string | undefined {
    if (this.board.isSecondOfItsName) return `another writer runs under the name ${this.self.writer}`;
    if (!this.board.hasListened) return 'listening for other writers';
    const running = this.running().length;
    const due = this.duties.due(this.settings.partitions);
    const missing = due.filter((partition) => this.runners.get(partition)?.state !== 'running').length;
    return missing === 0 ? undefined : `${missing} of ${due.length} partitions not taken over yet, ${running} written`;
  }

  running(): PartitionRunner[] {
    return [...this.runners.values()].filter(({ state }) => state === 'running');
  }

  /** Whether one of the chores that any writer could do falls to this one. */
  isMine(chore: string): boolean {
    return this.duties.isMine(chore);
  }

  /** Has other writers take what is owned here, where there are any; ends when they have, or after a bound. */
  async handOver(): Promise<void> {
    this.draining = true;
    this.tell();
    const untilMs = Date.now() + HAND_OVER_MS;
    const isAwaited = () => this.bus.connected && this.runners.size > 0 && this.board.others().length > 0;
    while (isAwaited() && Date.now() < untilMs) await sleep(LOOK_MS);
  }

  /** Ends all owners that are left. */
  async stop(): Promise<void> {
    this.stopped = true;
    for (const timer of this.timers) clearInterval(timer);
    for (const runner of this.runners.values()) runner.stop();
    await Promise.all(this.ends);
    // Nobody need wait for its silence.
    this.tell();
  }

  private tell(): void {
    const nowMs = Date.now();
    const partitions = this.running().map((runner) => {
      const { partition, epoch, drivers } = runner;
      return { partition, epoch, drivers, lagMs: runner.lagMs(nowMs) };
    });
    this.bus.control.publish(WRITER_BEATS, { ...this.self, draining: this.draining, partitions } satisfies WriterBeat);
  }

  /** Not while cut off: nobody can be heard then, and nothing can be taken. */
  private look(): void {
    if (!this.bus.connected) return;
    const nowMs = Date.now();
    this.board.passTime(nowMs);
    this.noteTwin();
    for (const { partition, epoch } of this.running()) {
      const newer = this.board.newerOwner(partition, epoch);
      if (newer !== undefined) this.drop(partition, newer);
    }
    if (this.draining) return;
    const held = new Set([...this.runners.keys(), ...this.taking]);
    for (const partition of this.duties.toTake(this.settings.partitions, held, nowMs)) void this.take(partition);
  }

  private noteTwin(): void {
    const { isSecondOfItsName } = this.board;
    if (isSecondOfItsName === this.wasSecondOfItsName) return;
    this.wasSecondOfItsName = isSecondOfItsName;
    const { writer } = this.self;
    if (isSecondOfItsName)
      this.logger.warn({ writer }, 'another writer runs under this name, and was first: this one takes nothing');
    else this.logger.info({ writer }, 'no other writer runs under this name any more');
  }

  private async take(partition: number): Promise<void> {
    this.taking.add(partition);
    try {
      await this.inTurn(async () => {
        // Others may have been heard while this waited for its turn.
        if (this.draining || this.stopped || !this.duties.isDue(partition)) return;
        const runner = await this.hooks.takeEpoch(partition);
        if (this.stopped) return;
        this.runners.set(partition, runner);
        this.changes.taken++;
        const end = this.run(runner);
        this.ends.add(end);
        void end.finally(() => this.ends.delete(end));
      });
    } catch (error) {
      this.hooks.onDoubt('claim', error);
      await sleep(RETRY_MS);
    } finally {
      this.taking.delete(partition);
    }
  }

  private async run(runner: PartitionRunner): Promise<void> {
    await runner.run();
    const isCurrent = this.runners.get(runner.partition) === runner;
    if (isCurrent && !this.stopped) this.drop(runner.partition, this.board.newerOwner(runner.partition, runner.epoch));
  }

  private drop(partition: number, newOwner: string | undefined): void {
    const runner = this.runners.get(partition);
    this.runners.delete(partition);
    runner?.stop();
    this.hooks.onDropped(partition);
    this.duties.noteLost(partition, newOwner, Date.now());
    this.changes.lost++;
    this.logger.debug({ partition, epoch: runner?.epoch, newOwner }, 'another writer has taken this partition over');
  }

  /** A writer that joins or leaves moves dozens of partitions at once: one line for all of them. */
  private logChanges(): void {
    const { taken, lost } = this.changes;
    if (taken + lost === 0) return;
    this.changes = { taken: 0, lost: 0 };
    this.logger.info(
      { taken, lost, owned: this.runners.size, others: this.board.others() },
      'partitions changed hands',
    );
  }
}
