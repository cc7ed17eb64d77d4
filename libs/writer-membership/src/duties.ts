import { rendezvous } from '@hexfleet/geo-partition';
import type { LeaseSettings, WriterBoard } from './writer-board.js';

/** A partition that was lost while it was this writer's is tried again after a lease, then two, four … */
const MOST_LEASES_APART = 32;
/** Kept for so many leases, a partition counts as settled. */
const SETTLED_AFTER_LEASES = 10;

interface Contest {
  readonly losses: number;
  readonly lostAtMs: number;
  readonly lostTo: string | undefined;
}

/** What one writer is to own, and when it is to take what others have. */
export class Duties {
  private readonly contests = new Map<number, Contest>();

  constructor(
    private readonly writer: string,
    private readonly board: WriterBoard,
    private readonly settings: LeaseSettings,
  ) {}

  /** Whether a key falls to this writer among those that live. */
  isMine(key: string): boolean {
    return rendezvous(key, this.candidates()) === this.writer;
  }

  isDue(partition: number): boolean {
    return this.isMine(keyOf(partition));
  }

  /** The partitions, of so many, that fall to this writer. */
  due(partitions: number): number[] {
    const candidates = this.candidates();
    return Array.from({ length: partitions }, (_, partition) => partition).filter(
      (partition) => rendezvous(keyOf(partition), candidates) === this.writer,
    );
  }

  /**
   * The partitions to take now, beside those held. Who takes one does so from whoever has it: the one before is fenced, and
   * needn't agree. Where another writer hears other beats and takes it back, the two don't go on for ever.
   */
  toTake(partitions: number, held: ReadonlySet<number>, nowMs: number): number[] {
    if (!this.board.hasListened || this.board.isSecondOfItsName) return [];
    return this.due(partitions).filter((partition) => !held.has(partition) && !this.isContested(partition, nowMs));
  }

  /** Another writer has taken a partition that was owned here; `lostTo` where it is known who. */
  noteLost(partition: number, lostTo: string | undefined, nowMs: number): void {
    if (!this.isDue(partition)) return;
    const before = this.contests.get(partition);
    const isSettled =
      before === undefined || nowMs - before.lostAtMs > SETTLED_AFTER_LEASES * this.settings.leaseMs * before.losses;
    this.contests.set(partition, { losses: isSettled ? 1 : before.losses + 1, lostAtMs: nowMs, lostTo });
  }

  private candidates(): string[] {
    return [this.writer, ...this.board.others()];
  }

  private isContested(partition: number, nowMs: number): boolean {
    const contest = this.contests.get(partition);
    const others = this.board.others();
    if (contest === undefined || others.length === 0) return false;
    if (contest.lostTo !== undefined && !others.includes(contest.lostTo)) return false;
    const waitMs = Math.min(2 ** (contest.losses - 1), MOST_LEASES_APART) * this.settings.leaseMs;
    return nowMs - contest.lostAtMs < waitMs;
  }
}

function keyOf(partition: number): string {
  return `partition ${partition}`;
}
