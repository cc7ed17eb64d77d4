/**
 * The protocol of one partition's owner. Order is always enter → apply → clear: the directory knows of a driver before its
 * record appears here, and the record has gone from here before the directory forgets that it was.
 *
 *   claim ──built──▶ read back ─┐                    ┌── pings ──▶ enter ──▶ apply
 *     │                         ├──▶ wait for input ─┼── to-dos ─▶ look ──▶ enter! | same apply ──▶ clear
 *     └──empty─▶ replay, adopt ─┘                    └── tick ───▶ apply (expiry, heartbeat), introduce, checkpoint
 *
 * A base that is not the one expected (Redis emptied or rolled back) is replaced by the whole table. The generator ends
 * when a newer owner has taken over: its return value is that owner's epoch where it is known, else 0.
 */
import { recordStatus, stampRecord } from '@hexfleet/driver-record';
import { compareOrder, DriverTable, NEVER_MS, orderOf } from './driver-table.js';
import type { DirectoryBirths, DriverWrite, Entered, EnterRequest, OwnerInput, Todo } from './effects.js';
import { FencedKeys, type Write } from './fenced-keys.js';
import { type Fold, foldBatches, type Tally, type Winner } from './fold.js';
import { ask, type Steps } from './steps.js';
import { NO_TOTALS, type PartitionTotals } from './totals.js';

export interface OwnerSettings {
  readonly partition: number;
  readonly epoch: number;
  /** A position older than this is in no answer. */
  readonly ttlMs: number;
  /** Write at least this often, so that readers can tell a quiet partition from a dead writer. */
  readonly heartbeatMs: number;
  readonly checkpointMs: number;
}

/**
 * The directory keeps an entry for 2.6 TTLs past the ping it was last told of, and a record may be shown for one past its
 * own: an entry renewed within 1.3 TTLs outlives every record that it stands for, with 0.3 to spare.
 */
const CONFIRMED_FOR_TTLS = 1.3;
/** Most drivers introduced to the directory in one tick. */
const INTRODUCTIONS_A_TICK = 500;

/** Runs until it is fenced. See the top of the file; effects and their replies are in `effects.ts`. */
export function ownPartition(settings: OwnerSettings): Steps<number> {
  return new PartitionOwner(settings).run();
}

class PartitionOwner {
  private readonly keys: FencedKeys;
  private readonly table = new DriverTable();
  private totals: PartitionTotals = NO_TOTALS;
  private readonly born = new Map<number, string>();
  private wroteAtMs = NEVER_MS;
  private savedTotals: PartitionTotals = NO_TOTALS;
  private savedAtMs = NEVER_MS;
  /** Up to when pings have come in. */
  private asOfMs = 0;
  private fenced = false;

  constructor(private readonly settings: OwnerSettings) {
    this.keys = new FencedKeys(settings.epoch);
  }

  *run(): Steps<number> {
    const newerEpoch = yield* this.takeOver();
    if (newerEpoch > 0) return newerEpoch;
    while (!this.fenced) {
      const input = yield* ask({ kind: 'wait', totals: this.totals, drivers: this.table.size });
      this.noticeBirths(input.born);
      if (input.isReading) this.asOfMs = input.nowMs;
      if (input.batches.length > 0 || input.todos.length > 0) yield* this.takeIn(input);
      if (!this.fenced && input.tick) yield* this.keepHouse(input);
    }
    return 0;
  }

  /** Returns the epoch of a newer owner, or 0. */
  private *takeOver(): Steps<number> {
    const claim = yield* this.keys.takeOver();
    if (claim.kind === 'fenced') return claim.epoch;
    if (claim.kind === 'built') {
      this.totals = claim.totals;
      for (const { driverId, record } of claim.records) this.table.set(driverId, record, NEVER_MS);
      return 0;
    }
    this.totals = yield* ask({ kind: 'recall' });
    const { batches, nowMs } = yield* ask({ kind: 'replay', after: this.totals.position });
    const fold = foldBatches(batches, this.totals, this.table, { nowMs, ttlMs: this.settings.ttlMs, again: true });
    const { sets, confirmed } = yield* this.enterWinners(fold, nowMs);
    this.remember(sets, [], confirmed);
    this.totals = fold.tally;
    this.asOfMs = nowMs;
    yield* this.writeWholeTable(nowMs);
    return 0;
  }

  /** Writes new pings, and lets go of drivers that went elsewhere, in one step. */
  private *takeIn({ batches, todos, nowMs }: OwnerInput): Steps<void> {
    const fold = foldBatches(batches, this.totals, this.table, { nowMs, ttlMs: this.settings.ttlMs, again: false });
    const { sets, confirmed } = yield* this.enterWinners(fold, nowMs);
    // Of a driver that has just pinged here, the directory says more the next time.
    const { cleared, removals } = yield* this.settle(todos.filter(({ driverId }) => !fold.winners.has(driverId)));
    if (batches.length === 0 && cleared.length === 0) return;
    const changedPublishers = [...fold.changedPublishers];
    yield* this.apply({ sets, removals, totals: fold.tally, changedPublishers }, nowMs, confirmed);
    if (!this.fenced && cleared.length > 0) yield* ask({ kind: 'clear', todos: cleared });
  }

  /** Tells the directory of drivers that are new here or not confirmed lately, and stamps the records to write. */
  private *enterWinners(
    { winners, tally }: Fold,
    nowMs: number,
  ): Steps<{ sets: DriverWrite[]; confirmed: Map<string, number> }> {
    const confirmed = new Map<string, number>();
    const { sets, requests } = this.knownAndNew(winners, tally, nowMs);
    if (requests.length === 0) return { sets, confirmed };
    const entered = yield* this.enter(requests);
    yield* this.breakTies(requests, entered, winners);
    for (const [i, request] of requests.entries()) {
      const winner = winners.get(request.driverId) as Winner;
      const reply = entered[i];
      if (reply?.ok) {
        confirmed.set(request.driverId, winner.capturedAtMs);
        sets.push(written(winner, reply.life, tally, nowMs));
      } else if (!winner.counted) tally.superseded++;
    }
    return { sets, confirmed };
  }

  /** Whom the directory knows to be here, ready to be written, and whom it is to be told of. */
  private knownAndNew(
    winners: ReadonlyMap<string, Winner>,
    tally: Tally,
    nowMs: number,
  ): { sets: DriverWrite[]; requests: EnterRequest[] } {
    const sets: DriverWrite[] = [];
    const requests: EnterRequest[] = [];
    for (const winner of winners.values()) {
      const request = this.enterRequestOf(winner);
      if (request === undefined) sets.push(written(winner, winner.known?.life ?? 0, tally, nowMs));
      else requests.push(request);
    }
    return { sets, requests };
  }

  private *enter(requests: readonly EnterRequest[]): Steps<Entered[]> {
    const { entered, born } = yield* ask({ kind: 'enter', requests });
    this.noticeBirths(born);
    return [...entered];
  }

  /** The directory knows moments, not sequence numbers: of two pings of one moment, look which is the newer. */
  private *breakTies(
    requests: readonly EnterRequest[],
    entered: Entered[],
    winners: ReadonlyMap<string, Winner>,
  ): Steps<void> {
    const tied = requests.flatMap(({ driverId }, i) => {
      const home = entered[i]?.tiedWith;
      return home === undefined ? [] : [{ i, driverId, partitions: [home] }];
    });
    if (tied.length === 0) return;
    const seen = yield* ask({ kind: 'look', wants: tied });
    const newer = tied.filter(({ driverId }, j) => {
      const { record } = (winners.get(driverId) as Winner).ping;
      return (seen[j] ?? []).every((other) => !this.isNewerElsewhere(other.partition, other.record, record));
    });
    if (newer.length === 0) return;
    const again = yield* this.enter(newer.map(({ i }) => ({ ...(requests[i] as EnterRequest), force: true })));
    for (const [j, { i }] of newer.entries()) entered[i] = again[j] as Entered;
  }

  /** What to ask of the directory, or undefined where it need not be asked. A spell of availability that ends is told it. */
  private enterRequestOf(winner: Winner): EnterRequest | undefined {
    const { ping, capturedAtMs, known } = winner;
    const available = recordStatus(ping.record) === 'available';
    let life: number;
    if (known === undefined) life = -1;
    else if (known.available && winner.wasBusy) life = (known.life + 1) & 0xffff;
    else if (capturedAtMs - known.confirmedAtMs > CONFIRMED_FOR_TTLS * this.settings.ttlMs) life = known.life;
    else return undefined;
    return { driverId: ping.driverId, capturedAtMs, holds: known !== undefined, force: false, available, life };
  }

  /**
   * The directory says that these drivers went elsewhere: each is let go of once a newer record of it can be seen there. Its
   * to-do may be cleared after the write that removes it, or after any write where it isn't held.
   */
  private *settle(todos: readonly Todo[]): Steps<{ cleared: readonly Todo[]; removals: readonly string[] }> {
    const held = todos.filter(({ driverId }) => this.table.get(driverId) !== undefined);
    if (held.length === 0) return { cleared: todos, removals: [] };
    const wants = held.map(({ driverId, elsewhere }) => ({ driverId, partitions: elsewhere }));
    const seen = yield* ask({ kind: 'look', wants });
    const staying = new Set<Todo>();
    const removals: string[] = [];
    const reclaims: EnterRequest[] = [];
    for (const [i, todo] of held.entries()) {
      const entry = this.table.get(todo.driverId);
      if (entry === undefined) continue;
      if ((seen[i] ?? []).some(({ partition, record }) => this.isNewerElsewhere(partition, record, entry.record))) {
        removals.push(todo.driverId);
        continue;
      }
      staying.add(todo);
      if (entry.capturedAtMs < todo.capturedAtMs) continue;
      const { capturedAtMs, life, available } = entry;
      reclaims.push({ driverId: todo.driverId, capturedAtMs, holds: true, force: true, life, available });
    }
    yield* this.confirm(reclaims);
    return { cleared: todos.filter((todo) => !staying.has(todo)), removals };
  }

  /** An exact tie is decided by the number of the partition, so that exactly one of two keeps the driver. */
  private isNewerElsewhere(partition: number, there: Buffer, here: Buffer): boolean {
    const order = compareOrder(orderOf(there), orderOf(here));
    return order > 0 || (order === 0 && partition > this.settings.partition);
  }

  private *keepHouse({ nowMs }: OwnerInput): Steps<void> {
    const removals: string[] = [];
    for (const [driverId, entry] of this.table) {
      if (nowMs - entry.capturedAtMs > this.settings.ttlMs) removals.push(driverId);
    }
    if (removals.length > 0 || nowMs - this.wroteAtMs >= this.settings.heartbeatMs) {
      yield* this.apply({ sets: [], removals, totals: this.totals, changedPublishers: [] }, nowMs);
      if (this.fenced) return;
    }
    yield* this.introduce();
    if (this.totals !== this.savedTotals && nowMs - this.savedAtMs >= this.settings.checkpointMs) {
      yield* ask({ kind: 'checkpoint', totals: this.totals });
      this.savedTotals = this.totals;
      this.savedAtMs = nowMs;
    }
  }

  /** After a take-over, or when the directory forgot, tell it of the drivers held here, some at a time. */
  private *introduce(): Steps<void> {
    const requests = this.table
      .unconfirmed(INTRODUCTIONS_A_TICK)
      .map(([driverId, { capturedAtMs, life, available }]) => {
        return { driverId, capturedAtMs, holds: true, force: false, life, available };
      });
    yield* this.confirm(requests, 'whatever the answer');
  }

  /** A driver that went elsewhere meanwhile comes back as a to-do; asking once is enough, where the answer says nothing new. */
  private *confirm(
    requests: readonly EnterRequest[],
    counts: 'if entered' | 'whatever the answer' = 'if entered',
  ): Steps<void> {
    if (requests.length === 0) return;
    const entered = yield* this.enter(requests);
    for (const [i, { driverId, capturedAtMs }] of requests.entries()) {
      const entry = this.table.get(driverId);
      const reply = entered[i];
      if (entry === undefined || reply === undefined) continue;
      if (reply.ok || counts === 'whatever the answer') entry.confirmedAtMs = capturedAtMs;
      if (reply.ok) entry.life = reply.life;
    }
  }

  private *apply(
    changes: Omit<Write, 'asOfMs'>,
    nowMs: number,
    confirmed: ReadonlyMap<string, number> = new Map(),
  ): Steps<void> {
    const outcome = yield* this.keys.apply({ ...changes, asOfMs: this.asOfMs });
    if (outcome === 'fenced') {
      this.fenced = true;
      return;
    }
    this.remember(changes.sets, changes.removals, confirmed);
    this.totals = changes.totals;
    this.wroteAtMs = nowMs;
    if (outcome === 'diverged') yield* this.writeWholeTable(nowMs);
  }

  private *writeWholeTable(nowMs: number): Steps<void> {
    const sets = [...this.table].map(([driverId, { record }]) => ({ driverId, record }));
    const outcome = yield* this.keys.adopt(sets, this.totals, this.asOfMs);
    this.fenced = outcome === 'fenced';
    this.wroteAtMs = nowMs;
    this.table.forgetConfirmations();
  }

  private remember(
    sets: readonly DriverWrite[],
    removals: readonly string[],
    confirmed: ReadonlyMap<string, number>,
  ): void {
    for (const { driverId, record } of sets) this.table.set(driverId, record, confirmed.get(driverId) ?? NEVER_MS);
    for (const driverId of removals) this.table.delete(driverId);
  }

  private noticeBirths(born: DirectoryBirths): void {
    let forgot = false;
    for (const [slot, id] of born) {
      const known = this.born.get(slot);
      if (known !== undefined && known !== id) forgot = true;
      this.born.set(slot, id);
    }
    if (!forgot) return;
    this.table.forgetConfirmations();
    // Perhaps the partition's Redis was emptied too: the next tick's write will tell.
    this.wroteAtMs = NEVER_MS;
  }
}

/** A winner as it is written: counted, and stamped with the writer's two fields. */
function written({ ping, counted }: Winner, life: number, tally: Tally, nowMs: number): DriverWrite {
  if (!counted) tally.written++;
  stampRecord(ping.record, life, nowMs);
  return ping;
}
