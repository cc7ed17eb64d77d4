import { setTimeout as sleep } from 'node:timers/promises';
import type { PartitionStore } from '@hexfleet/location-store';
import {
  type ClaimReply,
  type DirectoryBirths,
  NO_TOTALS,
  type OwnerEffect,
  type OwnerInput,
  type OwnerSettings,
  ownPartition,
  type PartitionTotals,
  type StreamBatch,
  type StreamPosition,
  type Todo,
} from '@hexfleet/partition-table';
import type { PartitionMemory } from './partition-memory.js';

type Claim = Extract<OwnerEffect, { kind: 'claim' }>;

export interface RunnerHooks {
  /** The owner waits for input for the first time: what Redis holds is read back. */
  readonly onReady: (runner: PartitionRunner) => void;
  /** An answer did not come, or a write is in doubt. */
  readonly onDoubt: (cause: OwnerEffect['kind'], error: unknown) => void;
  /** A write has ended and there is a whole one more to do: it need not wait for the beat. */
  readonly onBacklog: (runner: PartitionRunner) => void;
  /** The stream is there and is read. */
  readonly isReading: () => boolean;
}

/** Most pings held for a partition before its reader waits. */
const INBOX_PINGS = 20_000;
/** Most pings that one write takes. */
const WRITE_PINGS = 2_000;
const RETRY_MS = 200;

/**
 * Runs one partition's owner: performs what it asks for, repeats what got no answer, and gathers its input meanwhile. It
 * decides nothing about pings.
 */
export class PartitionRunner {
  readonly partition: number;
  readonly epoch: number;
  /** The totals that Redis holds. */
  totals: PartitionTotals = NO_TOTALS;
  drivers = 0;
  state: 'taking over' | 'running' | 'ended' = 'taking over';
  /** The last message taken in, written or not. */
  delivered: StreamPosition | undefined;

  private readonly inbox: StreamBatch[] = [];
  private inboxPings = 0;
  private pendingMessages = 0;
  private todos: readonly Todo[] = [];
  private born: DirectoryBirths = new Map();
  private tickDue = false;
  private resume: ((input: OwnerInput) => void) | undefined;
  private waitingForRoom: (() => void)[] = [];
  private unsaved: PartitionTotals | undefined;
  private isSaving = false;
  private writing: readonly StreamBatch[] = [];
  private stopped = false;

  constructor(
    private readonly settings: OwnerSettings,
    private readonly store: PartitionStore,
    private readonly memory: PartitionMemory,
    private readonly hooks: RunnerHooks,
  ) {
    this.partition = settings.partition;
    this.epoch = settings.epoch;
  }

  /** Resolves when a newer owner has taken over, or after `stop`. */
  async run(): Promise<void> {
    const owner = ownPartition(this.settings);
    let step = owner.next();
    while (!step.done) {
      const reply = await this.perform(step.value);
      // What was asked for may have got no reply: the owner, who relies on one, is not resumed.
      if (this.stopped) break;
      step = owner.next(reply);
    }
    this.state = 'ended';
    this.makeRoom();
  }

  /** Takes a message in. Resolves at once, or when there is room again. `pending`: messages behind it on the stream. */
  offer(message: StreamBatch, pending: number): Promise<void> | undefined {
    this.inbox.push(message);
    this.pendingMessages = pending;
    this.inboxPings += message.batch?.size ?? 0;
    this.delivered = message.position;
    if (this.inboxPings < INBOX_PINGS || this.state === 'ended') return undefined;
    return new Promise((resolve) => this.waitingForRoom.push(resolve));
  }

  /** What the directory says; the owner learns of it at the next beat. */
  notice(todos: readonly Todo[], born: DirectoryBirths): void {
    this.todos = todos;
    this.born = born;
  }

  /** Keeps the totals in NATS now. The owner, which asks for it where they have changed, can't know that they were lost there. */
  saveTotals(): void {
    this.unsaved ??= this.totals;
    if (!this.isSaving) void this.save();
  }

  /** Time for housekeeping, at the next beat. */
  tick(): void {
    this.tickDue = true;
  }

  /** Age of the oldest ping taken in and not yet written, in ms; 0 when there is none. */
  lagMs(nowMs: number): number {
    const oldest =
      this.writing.find(({ batch }) => batch !== undefined) ?? this.inbox.find(({ batch }) => batch !== undefined);
    return oldest?.batch === undefined ? 0 : Math.max(0, nowMs - oldest.batch.receivedAtMs);
  }

  /** Pings taken in that wait for their turn. */
  get waitingPings(): number {
    return this.inboxPings;
  }

  /** Messages that the stream holds and that were not taken in. */
  get backlogMessages(): number {
    return this.pendingMessages;
  }

  /** Whether the owner waits to be given something. */
  get isWaiting(): boolean {
    return this.resume !== undefined;
  }

  /** Gives the owner, if it waits, what there is, of pings about `mostPings`; returns how many pings it was given. */
  wake(mostPings: number): number {
    if (this.resume === undefined) return 0;
    const { batches, pings } = this.takeBatches(Math.min(mostPings, WRITE_PINGS));
    if (batches.length === 0 && this.todos.length === 0 && !this.tickDue) return 0;
    this.writing = batches;
    this.resumeWith(batches);
    return pings;
  }

  /** Nothing under way and nothing taken in. */
  get idle(): boolean {
    return this.resume !== undefined && this.inbox.length === 0;
  }

  stop(): void {
    this.stopped = true;
    this.resumeWith([]);
  }

  private resumeWith(batches: readonly StreamBatch[]): void {
    const { resume, todos, born, tickDue: tick } = this;
    this.resume = undefined;
    this.todos = [];
    this.born = new Map();
    this.tickDue = false;
    resume?.({ nowMs: Date.now(), batches, todos, born, tick, isReading: this.hooks.isReading() });
  }

  private takeBatches(mostPings: number): { batches: StreamBatch[]; pings: number } {
    let pings = 0;
    let count = 0;
    while (count < this.inbox.length && pings < mostPings) pings += this.inbox[count++]?.batch?.size ?? 0;
    this.inboxPings -= pings;
    if (this.inboxPings < INBOX_PINGS) this.makeRoom();
    return { batches: this.inbox.splice(0, count), pings };
  }

  private makeRoom(): void {
    for (const resolve of this.waitingForRoom.splice(0)) resolve();
  }

  private async perform(effect: OwnerEffect): Promise<unknown> {
    const { partition, store, memory } = this;
    switch (effect.kind) {
      case 'wait':
        return this.waitForInput(effect.totals, effect.drivers);
      case 'apply':
        return this.unlessDoubted(effect.kind, await store.apply(partition, effect));
      case 'adopt':
        return this.unlessDoubted(effect.kind, await store.adopt(partition, effect));
      case 'claim':
        return this.claim(effect);
      case 'enter':
        return this.insist(effect.kind, () => store.directory.enter(partition, effect.requests, Date.now()));
      case 'look':
        return this.insist(effect.kind, () => store.look(effect.wants));
      case 'correct':
        return this.insist(effect.kind, () => store.directory.correct(partition, effect.corrections));
      case 'clear':
        return this.insist(effect.kind, () => store.directory.clear(partition, effect.todos));
      case 'recall':
        return this.insist(effect.kind, () => memory.recall(partition));
      case 'replay':
        return this.insist(effect.kind, () => memory.replay(partition, effect.after, Date.now() - this.settings.ttlMs));
      case 'checkpoint':
        this.unsaved = effect.totals;
        if (!this.isSaving) void this.save();
        return undefined;
    }
  }

  /** Saves the newest totals, however often it takes; writes don't wait for it. */
  private async save(): Promise<void> {
    this.isSaving = true;
    while (this.unsaved !== undefined && !this.stopped) {
      const totals = this.unsaved;
      this.unsaved = undefined;
      try {
        await this.memory.save(this.partition, this.epoch, totals);
      } catch (error) {
        this.unsaved ??= totals;
        this.hooks.onDoubt('checkpoint', error);
        await sleep(RETRY_MS);
      }
    }
    this.isSaving = false;
  }

  private waitForInput(totals: PartitionTotals, drivers: number): Promise<OwnerInput> {
    this.totals = totals;
    this.drivers = drivers;
    this.writing = [];
    const input = new Promise<OwnerInput>((resolve) => {
      this.resume = resolve;
    });
    if (this.state === 'taking over') {
      this.state = 'running';
      this.delivered = totals.position;
      this.hooks.onReady(this);
    }
    if (this.inboxPings >= WRITE_PINGS) this.hooks.onBacklog(this);
    return input;
  }

  private async claim({ kind, incarnation, withRecords }: Claim): Promise<ClaimReply> {
    try {
      return await this.store.claim(this.partition, incarnation, withRecords);
    } catch (error) {
      this.hooks.onDoubt(kind, error);
      await sleep(RETRY_MS);
      return { kind: 'doubt' };
    }
  }

  /** After a doubt, don't ask again at once: the store is away or in trouble. */
  private async unlessDoubted<Reply>(kind: 'apply' | 'adopt', reply: Reply): Promise<Reply> {
    if (reply !== 'doubt') return reply;
    this.hooks.onDoubt(kind, undefined);
    await sleep(RETRY_MS);
    return reply;
  }

  private async insist<Reply>(kind: OwnerEffect['kind'], ask: () => Promise<Reply>): Promise<Reply | undefined> {
    while (!this.stopped) {
      try {
        return await ask();
      } catch (error) {
        this.hooks.onDoubt(kind, error);
        await sleep(RETRY_MS);
      }
    }
    return undefined;
  }
}
