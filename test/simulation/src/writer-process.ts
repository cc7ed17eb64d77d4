import { Duties, type WriterBeat, WriterBoard } from '@hexfleet/writer-membership';
import type { OwnerProcess } from './owner-process.js';
import type { World } from './world.js';

/** So long that a run of some minutes sees some leases end, and not only that. */
export const LEASE_MS = 30_000;

/** One writer: takes what falls to it by what it hears of the others, as the location-writer does. */
export class WriterProcess {
  isDead = false;
  isDraining = false;
  /** Not woken before this step of the schedule. */
  stalledUntilStep = 0;
  readonly owners = new Map<number, OwnerProcess>();
  readonly duties: Duties;
  private readonly board: WriterBoard;
  private readonly self: Pick<WriterBeat, 'writer' | 'session' | 'startedAtMs' | 'leaseMs'>;

  constructor(
    private readonly world: World,
    readonly name: string,
    private readonly takeOver: (partition: number, writer: WriterProcess) => OwnerProcess,
  ) {
    this.self = { writer: name, session: name, startedAtMs: world.nowMs, leaseMs: LEASE_MS };
    this.board = new WriterBoard(this.self, { leaseMs: LEASE_MS });
    this.duties = new Duties(name, this.board, { leaseMs: LEASE_MS });
  }

  hear(beat: WriterBeat): void {
    this.board.hear(beat);
  }

  beat(): WriterBeat {
    const partitions = [...this.owners.values()]
      .filter(({ isRunning, isDead }) => isRunning && !isDead)
      .map(({ partition, epoch, drivers }) => ({ partition, epoch, drivers, lagMs: 0 }));
    return { ...this.self, draining: this.isDraining, partitions };
  }

  /** Lets go of what others have, and takes what falls to it. */
  look(): void {
    const { world } = this;
    this.board.passTime(world.nowMs);
    for (const [partition, owner] of this.owners) {
      const newOwner = this.board.newerOwner(partition, owner.epoch);
      if (!owner.isDead && newOwner === undefined) continue;
      if (!owner.isDead) world.see('an owner that hears of a newer one');
      owner.isDead = true;
      this.owners.delete(partition);
      this.duties.noteLost(partition, newOwner, world.nowMs);
    }
    if (this.isDraining) return;
    for (const partition of this.duties.toTake(world.partitions.length, new Set(this.owners.keys()), world.nowMs)) {
      world.see('a take-over by a writer whose turn it is');
      this.owners.set(partition, this.takeOver(partition, this));
    }
  }

  /** Dies, with all that it owns. */
  die(): void {
    this.isDead = true;
    for (const owner of this.owners.values()) owner.isDead = true;
    this.world.note(() => `${this.name} dies`);
  }
}
