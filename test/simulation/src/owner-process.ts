import {
  type ClaimReply,
  type Correction,
  type DirectoryBirths,
  type EnterReply,
  type EnterRequest,
  type LookReply,
  NO_TOTALS,
  type OwnerEffect,
  type OwnerInput,
  type ownPartition,
  type PartitionTotals,
  type StreamPosition,
  type Todo,
} from '@hexfleet/partition-table';
import { insist, LOST, once, type Task } from './calls.js';
import { type PartitionKeys } from './partition-keys.js';
import { SKEW_MS, TTL_MS, textOf, timeText, type World } from './world.js';

type Claim = Extract<OwnerEffect, { kind: 'claim' }>;

const HEARTBEAT_MS = 5_000;
const CHECKPOINT_MS = 5_000;

/** One owner of one partition, as the writer runs it, on a network that fails. */
export class OwnerProcess {
  isDead = false;
  /** Waits for input for the first time: what Redis holds is read back. */
  isRunning = false;
  /** Not woken before this step of the schedule. */
  stalledUntilStep = 0;
  drivers = 0;
  private readonly skewMs: number;
  private delivered: StreamPosition | undefined;
  private readonly task: Task;

  constructor(
    private readonly world: World,
    own: typeof ownPartition,
    readonly writer: string,
    readonly partition: number,
    readonly epoch: number,
  ) {
    this.skewMs = world.dice.int('skew', 2 * SKEW_MS + 1) - SKEW_MS;
    this.task = this.run(own);
  }

  get name(): string {
    return `${this.writer}/p${this.partition}/e${this.epoch}`;
  }

  /** Goes on until something else may come in between. */
  step(): void {
    if (this.task.next().done) this.isDead = true;
  }

  /** Whether there is nothing that it could read. */
  get hasReadAll(): boolean {
    return this.isRunning && !this.world.log.hasAfter(this.partition, this.delivered, this.world.nowMs);
  }

  private *run(own: typeof ownPartition): Task {
    const { partition, epoch } = this;
    const settings = { partition, epoch, ttlMs: TTL_MS, heartbeatMs: HEARTBEAT_MS, checkpointMs: CHECKPOINT_MS };
    const owner = own(settings);
    let step = owner.next();
    while (!step.done) {
      const reply = yield* this.perform(step.value);
      step = owner.next(reply);
    }
    this.world.note(() => `${this.name} is fenced`);
    this.world.see('an owner fenced');
  }

  private *perform(effect: OwnerEffect): Task<unknown> {
    const { world, partition } = this;
    const keys = world.partitions[partition] as PartitionKeys;
    switch (effect.kind) {
      case 'wait':
        return yield* this.waitForInput(effect.totals, effect.drivers);
      case 'apply': {
        const { incarnation, n, sets, removals } = effect;
        const what = () =>
          `${this.name} apply ${incarnation.k} n${n} +[${sets.map((one) => `${one.driverId} ${textOf(one.record)}`)}] −[${removals}]`;
        // The table's rows change under it; what was sent doesn't.
        const sent = {
          ...effect,
          sets: sets.map(({ driverId, record }) => ({ driverId, record: Buffer.from(record) })),
        };
        const reply = yield* once(world, what, () => {
          const answer = keys.apply(sent);
          if (answer === 'other') world.see('a write to a name that nobody reads');
          if (answer === 'diverged') world.see('a write on another base');
          return answer;
        });
        return reply === LOST ? 'doubt' : reply;
      }
      case 'adopt': {
        const sent = {
          ...effect,
          sets: effect.sets.map(({ driverId, record }) => ({ driverId, record: Buffer.from(record) })),
        };
        const names = () =>
          `${effect.from.k}→${effect.to.k} n${effect.n} [${sent.sets.map((one) => `${one.driverId} ${textOf(one.record)}`)}]`;
        const built = yield* once(
          world,
          () => `${this.name} build ${names()}`,
          () => keys.build(sent),
        );
        if (built === LOST) return 'doubt';
        const reply = yield* once(
          world,
          () => `${this.name} adopt ${names()}`,
          () => keys.adopt(sent),
        );
        if (reply === 'ok') world.see('a whole table written');
        return reply === LOST ? 'doubt' : reply;
      }
      case 'claim':
        return yield* this.claim(keys, effect);
      case 'enter':
        return yield* this.enter(effect.requests);
      case 'look':
        return yield* this.look(effect.wants);
      case 'correct':
        return yield* this.correct(effect.corrections);
      case 'clear':
        return yield* this.clear(effect.todos);
      case 'recall':
        return yield* insist(
          world,
          () => `${this.name} recall`,
          () => world.memory.checkpoints.get(partition)?.totals ?? NO_TOTALS,
        );
      case 'replay':
        return yield* insist(
          world,
          () => `${this.name} replay`,
          () => ({
            batches: world.log.replay(partition, effect.after, this.nowMs - TTL_MS, world.nowMs),
            nowMs: this.nowMs,
          }),
        );
      case 'checkpoint':
        this.checkpoint(effect.totals);
        return undefined;
    }
  }

  /** Nobody waits for it: some are missed, some come late. */
  private checkpoint(totals: PartitionTotals): void {
    const { world, partition, epoch } = this;
    const act = () => world.memory.save(partition, epoch, totals);
    if (world.isCalm || world.dice.chance('checkpoint', 0.7)) act();
    else if (world.dice.chance('checkpoint late', 0.5))
      world.late.push({ what: () => `${this.name} checkpoint`, act, about: [] });
  }

  private *claim(keys: PartitionKeys, { incarnation, withRecords }: Claim): Task<ClaimReply> {
    const { world } = this;
    const reply = yield* once(
      world,
      () => `${this.name} claim ${incarnation.k}`,
      () => {
        const made = keys.claim(incarnation, withRecords);
        world.see(`a claim: ${made.kind}`);
        return made;
      },
    );
    if (reply !== LOST) return reply;
    world.see('a claim in doubt');
    return { kind: 'doubt' };
  }

  private get nowMs(): number {
    return this.world.nowMs + (this.world.isCalm ? 0 : this.skewMs);
  }

  private *waitForInput(totals: PartitionTotals, drivers: number): Task<OwnerInput> {
    const { world, partition } = this;
    const { dice } = world;
    if (!this.isRunning) {
      this.isRunning = true;
      this.delivered = totals.position;
      world.note(() => `${this.name} runs`);
    }
    this.drivers = drivers;
    yield;
    const batches = dice.chance('read', 0.5)
      ? world.log.after(partition, this.delivered, 1 + dice.int('read', 3), world.nowMs)
      : [];
    const last = batches.at(-1);
    if (last !== undefined) this.delivered = last.position;
    let todos: readonly Todo[] = [];
    let born: DirectoryBirths = new Map();
    if (dice.chance('todos', 0.35)) {
      const told = yield* this.fetchTodos();
      todos = told.todos;
      born = told.born;
    }
    const tick = dice.chance('tick', 0.3);
    if (batches.length > 0) world.note(() => `${this.name} reads ${batches.map(({ position }) => `#${position.seq}`)}`);
    return { nowMs: this.nowMs, batches, todos, born, tick, isReading: true };
  }

  private *fetchTodos(): Task<{ todos: readonly Todo[]; born: DirectoryBirths }> {
    const { world, partition } = this;
    const todos: Todo[] = [];
    const born = new Map<number, string>();
    for (const [slot, directory] of world.slots.entries()) {
      const reply = yield* once(
        world,
        () => `${this.name} todos of slot ${slot}`,
        () => ({
          todos: directory.todos(partition, this.nowMs, world.newBirth()),
          born: this.birthOf(directory),
        }),
      );
      if (reply === LOST) continue;
      todos.push(...reply.todos);
      born.set(slot, reply.born);
    }
    return { todos, born };
  }

  private *enter(requests: readonly EnterRequest[]): Task<EnterReply> {
    const { world, partition } = this;
    for (;;) {
      const entered: EnterReply['entered'][number][] = [];
      const born = new Map<number, string>();
      let isLost = false;
      for (const slot of new Set(requests.map(({ driverId }) => world.slotOf(driverId)))) {
        const directory = world.slots[slot] as World['slots'][number];
        const own = requests.flatMap((request, i) => (world.slotOf(request.driverId) === slot ? [i] : []));
        const sent = own.map((i) => requests[i] as EnterRequest);
        const what = () =>
          `${this.name} enter ${sent.map(({ driverId, capturedAtMs, force, holds }) => `${driverId} ${timeText(capturedAtMs)}${force ? '!' : ''}${holds ? ' held' : ''}`)}`;
        const reply = yield* once(
          world,
          what,
          () => ({
            entered: directory.enter(partition, sent, this.nowMs, world.newBirth()),
            born: this.birthOf(directory),
          }),
          sent.map(({ driverId }) => driverId),
        );
        if (reply === LOST) {
          isLost = true;
          continue;
        }
        born.set(slot, reply.born);
        for (const [j, i] of own.entries()) {
          const one = reply.entered[j] as EnterReply['entered'][number];
          entered[i] = one;
          if (!one.ok) world.see(one.tiedWith === undefined ? 'a driver that went elsewhere' : 'a tie');
        }
      }
      if (!isLost) return { entered, born };
    }
  }

  private birthOf({ born }: World['slots'][number]): string {
    return `${born} by connection ${this.world.connection}`;
  }

  private *look(
    wants: readonly { readonly driverId: string; readonly partitions: readonly number[] }[],
  ): Task<LookReply> {
    const { world } = this;
    const found: { partition: number; record: Buffer }[][] = [];
    for (const { driverId, partitions } of wants) {
      const records: { partition: number; record: Buffer }[] = [];
      for (const partition of partitions) {
        const record = yield* insist(
          world,
          () => `${this.name} look for ${driverId} in p${partition}`,
          () => world.partitions[partition]?.visible.get(driverId),
        );
        if (record !== undefined) records.push({ partition, record: Buffer.from(record) });
      }
      found.push(records);
    }
    return found;
  }

  private *correct(corrections: readonly Correction[]): Task {
    const { world, partition } = this;
    for (const correction of corrections) {
      const { driverId, toldMs, capturedAtMs } = correction;
      const slot = world.slots[world.slotOf(driverId)] as World['slots'][number];
      yield* insist(
        world,
        () => `${this.name} correct ${driverId} ${timeText(toldMs)} to ${timeText(capturedAtMs)}`,
        () => {
          if (slot.correct(partition, correction)) world.see('a directory set back');
          return undefined;
        },
        [driverId],
      );
    }
  }

  private *clear(todos: readonly Todo[]): Task {
    const { world, partition } = this;
    for (const { driverId, token } of todos) {
      const slot = world.slots[world.slotOf(driverId)] as World['slots'][number];
      yield* insist(
        world,
        () => `${this.name} clear ${driverId} token ${token}`,
        () => {
          if (slot.clear(partition, driverId, token)) world.see('a to-do cleared');
          else world.see('a clear that came too late');
          return undefined;
        },
        [driverId],
      );
    }
  }
}
