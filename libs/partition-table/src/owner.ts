/**
 * The protocol of one partition's owner. Order is always enter → apply → clear: the directory knows of a driver before its
 * record appears here, and the record has gone from here before the directory forgets that it was.
 *
 *   claim ──built──▶ read back ─┐                    ┌── pings ──▶ enter ──▶ apply
 *     │                         ├──▶ wait for input ─┼── to-dos ─▶ look ──▶ enter! | same apply ──▶ clear
 *     └──empty─▶ replay, adopt ─┘                    └── tick ───▶ apply (expiry, heartbeat), introduce, checkpoint
 *
 * A base that is not the one expected (Redis emptied or rolled back) is replaced by the whole table. The generator ends
 * when a newer owner has taken over.
 */
import { compareOrder, recordCapturedAtMs, recordStatus, stampRecord } from '@hexfleet/driver-record';
import { CONFIRMED_FOR_TTLS, CORRECTED_BY_TTLS } from './directory-times.js';
import { DriverTable, NEVER_MS, NO_ROW } from './driver-table.js';
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

/** Most drivers introduced to the directory in one tick. */
const INTRODUCTIONS_A_TICK = 500;

/** Pings to write, and side by side with them what is to be remembered of each once the write has counted. */
class Accepted {
  readonly sets: DriverWrite[] = [];
  readonly rows: number[] = [];
  readonly confirmedAtMs: number[] = [];
  readonly isMoved: boolean[] = [];
  readonly moved: DriverWrite[] = [];
  /** Of the pings, how many are of drivers that the table doesn't hold. */
  newDrivers = 0;

  /** `indexedSinceMs`: of a record captured before it, the index may have expired while its owner stood still. */
  constructor(
    private readonly table: DriverTable,
    private readonly indexedSinceMs: number,
  ) {}

  /** `row`: the driver's in the table, or `NO_ROW`. `confirmedAtMs`: what the directory was told just now, or `NEVER_MS`. */
  add(ping: DriverWrite, row: number, confirmedAtMs: number): void {
    const { table, indexedSinceMs } = this;
    const isMoved =
      row === NO_ROW || table.capturedAtMs(row) < indexedSinceMs || !table.isIndexedNear(row, ping.record);
    if (row === NO_ROW) this.newDrivers++;
    this.sets.push(ping);
    this.rows.push(row);
    this.confirmedAtMs.push(confirmedAtMs);
    this.isMoved.push(isMoved);
    if (isMoved) this.moved.push(ping);
  }
}

/** Runs until it is fenced. See the top of the file; effects and their replies are in `effects.ts`. */
export function ownPartition(settings: OwnerSettings): Steps<void> {
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

  *run(): Steps<void> {
    yield* this.takeOver();
    while (!this.fenced) {
      const input = yield* ask({ kind: 'wait', totals: this.totals, drivers: this.table.size });
      this.noticeBirths(input.born);
      if (input.isReading) this.asOfMs = input.nowMs;
      if (input.batches.length > 0 || input.todos.length > 0) yield* this.takeIn(input);
      if (!this.fenced && input.tick) yield* this.keepHouse(input);
    }
  }

  private *takeOver(): Steps<void> {
    const claim = yield* this.keys.takeOver();
    if (claim.kind === 'built') {
      this.totals = claim.totals;
      this.readBack(claim.records);
    } else if (claim.kind === 'empty') yield* this.rebuild();
    else this.fenced = true;
  }

  /** From what NATS kept. */
  private *rebuild(): Steps<void> {
    this.totals = yield* ask({ kind: 'recall' });
    const { batches, nowMs } = yield* ask({ kind: 'replay', after: this.totals.position });
    const fold = foldBatches(batches, this.totals, this.table, { nowMs, ttlMs: this.settings.ttlMs, again: true });
    this.remember(yield* this.enterWinners(fold, nowMs), []);
    this.totals = fold.tally;
    this.asOfMs = nowMs;
    yield* this.writeWholeTable(nowMs);
  }

  private readBack(records: readonly DriverWrite[]): void {
    for (const { driverId, record } of records) this.table.set(driverId, record, NEVER_MS);
  }

  /** Writes new pings, and lets go of drivers that went elsewhere, in one step. */
  private *takeIn({ batches, todos, nowMs }: OwnerInput): Steps<void> {
    const fold = foldBatches(batches, this.totals, this.table, { nowMs, ttlMs: this.settings.ttlMs, again: false });
    const accepted = yield* this.enterWinners(fold, nowMs);
    // Of a driver that has just pinged here, the directory says more the next time.
    const { cleared, removals } = yield* this.settle(todos.filter(({ driverId }) => !fold.winners.has(driverId)));
    if (batches.length === 0 && cleared.length === 0) return;
    const changedPublishers = [...fold.changedPublishers];
    yield* this.apply(accepted, { removals, totals: fold.tally, changedPublishers }, nowMs);
    if (!this.fenced && cleared.length > 0) yield* ask({ kind: 'clear', todos: cleared });
  }

  /** Tells the directory of drivers that are new here or not confirmed lately, and stamps the records to write. */
  private *enterWinners(fold: Fold, nowMs: number): Steps<Accepted> {
    const { accepted, requests } = this.knownAndNew(fold, nowMs);
    if (requests.length === 0) return accepted;
    const entered = yield* this.enter(requests);
    yield* this.breakTies(requests, entered, fold.winners);
    for (const [i, { driverId, capturedAtMs }] of requests.entries()) {
      const winner = fold.winners.get(driverId) as Winner;
      const reply = entered[i];
      if (reply?.ok) {
        // Where the directory was told of a newer ping here, the driver is to be introduced: that ping may never come.
        const isAhead = reply.toldMs !== undefined;
        if (isAhead && winner.row !== NO_ROW) this.table.forgetConfirmation(winner.row);
        const confirmedAtMs = isAhead ? NEVER_MS : capturedAtMs;
        accepted.add(written(winner, reply.life, fold.tally, nowMs), winner.row, confirmedAtMs);
      } else if (!winner.counted) fold.tally.superseded++;
    }
    return accepted;
  }

  /** Whom the directory knows to be here, ready to be written, and whom it is to be told of. */
  private knownAndNew({ winners, tally }: Fold, nowMs: number): { accepted: Accepted; requests: EnterRequest[] } {
    const accepted = this.nothingAccepted(nowMs);
    const requests: EnterRequest[] = [];
    for (const winner of winners.values()) {
      const request = this.enterRequestOf(winner);
      if (request !== undefined) requests.push(request);
      else accepted.add(written(winner, this.table.life(winner.row), tally, nowMs), winner.row, NEVER_MS);
    }
    return { accepted, requests };
  }

  private nothingAccepted(nowMs: number): Accepted {
    return new Accepted(this.table, nowMs - this.settings.ttlMs);
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
      return (seen[j] ?? []).every(
        (other) => !this.isNewerElsewhere(other.partition, compareOrder(other.record, record)),
      );
    });
    if (newer.length === 0) return;
    const again = yield* this.enter(newer.map(({ i }) => ({ ...(requests[i] as EnterRequest), force: true })));
    for (const [j, { i }] of newer.entries()) entered[i] = again[j] as Entered;
  }

  /** What to ask of the directory, or undefined where it need not be asked. A spell of availability that ends is told it. */
  private enterRequestOf({ ping, row, wasBusy }: Winner): EnterRequest | undefined {
    const { table } = this;
    const capturedAtMs = recordCapturedAtMs(ping.record);
    let life: number;
    if (row === NO_ROW) life = -1;
    else if (wasBusy && table.isAvailable(row)) life = (table.life(row) + 1) & 0xffff;
    else if (capturedAtMs - table.confirmedAtMs(row) > CONFIRMED_FOR_TTLS * this.settings.ttlMs) life = table.life(row);
    else return undefined;
    const available = recordStatus(ping.record) === 'available';
    return { driverId: ping.driverId, capturedAtMs, holds: row !== NO_ROW, force: false, available, life };
  }

  /** What to tell the directory of a driver that is held here. */
  private requestToKeep(driverId: string, row: number, force: boolean): EnterRequest {
    const { table } = this;
    const capturedAtMs = table.capturedAtMs(row);
    return { driverId, capturedAtMs, holds: true, force, available: table.isAvailable(row), life: table.life(row) };
  }

  /**
   * The directory says that these drivers went elsewhere: each is let go of once a newer record of it can be seen there. Its
   * to-do may be cleared after the write that removes it, or after any write where it isn't held.
   */
  private *settle(todos: readonly Todo[]): Steps<{ cleared: readonly Todo[]; removals: readonly string[] }> {
    const held = todos.filter(({ driverId }) => this.table.find(driverId) !== NO_ROW);
    if (held.length === 0) return { cleared: todos, removals: [] };
    const wants = held.map(({ driverId, elsewhere }) => ({ driverId, partitions: elsewhere }));
    const seen = yield* ask({ kind: 'look', wants });
    const staying = new Set<Todo>();
    const removals: string[] = [];
    const reclaims: EnterRequest[] = [];
    for (const [i, todo] of held.entries()) {
      const row = this.table.find(todo.driverId);
      const others = seen[i] ?? [];
      if (others.some((other) => this.isNewerElsewhere(other.partition, this.table.compareOrder(other.record, row)))) {
        removals.push(todo.driverId);
        continue;
      }
      staying.add(todo);
      const request = this.requestToKeep(todo.driverId, row, true);
      if (request.capturedAtMs >= todo.capturedAtMs) reclaims.push(request);
    }
    yield* this.confirm(reclaims);
    return { cleared: todos.filter((todo) => !staying.has(todo)), removals };
  }

  /**
   * `order`: of the record there and the one here. An exact tie is decided by the number of the partition, so that exactly one
   * of two keeps the driver.
   */
  private isNewerElsewhere(partition: number, order: number): boolean {
    return order > 0 || (order === 0 && partition > this.settings.partition);
  }

  private *keepHouse({ nowMs }: OwnerInput): Steps<void> {
    const removals = this.table.silent(nowMs, this.settings.ttlMs);
    if (removals.length > 0 || nowMs - this.wroteAtMs >= this.settings.heartbeatMs) {
      yield* this.applyRemovals(removals, nowMs);
      if (this.fenced) return;
    }
    this.table.compact();
    yield* this.introduce(nowMs);
    if (this.fenced) return;
    if (this.totals !== this.savedTotals && nowMs - this.savedAtMs >= this.settings.checkpointMs) {
      yield* ask({ kind: 'checkpoint', totals: this.totals });
      this.savedTotals = this.totals;
      this.savedAtMs = nowMs;
    }
  }

  /**
   * After a take-over, or when the directory forgot, tell it of the drivers held here, some at a time. Where it was told of a
   * newer ping here, the owner before died with that: it may still come from the stream, or be lost with it.
   */
  private *introduce(nowMs: number): Steps<void> {
    const requests = this.table
      .unconfirmed(INTRODUCTIONS_A_TICK)
      .map(([driverId, row]) => this.requestToKeep(driverId, row, false));
    const entered = yield* this.confirm(requests, 'whatever the answer');
    const mostMs = CORRECTED_BY_TTLS * this.settings.ttlMs;
    const corrections = requests.flatMap(({ driverId, capturedAtMs }, i) => {
      const toldMs = entered[i]?.toldMs;
      if (toldMs === undefined) return [];
      return [{ driverId, toldMs, capturedAtMs: Math.max(capturedAtMs, toldMs - mostMs) }];
    });
    if (corrections.length === 0) return;
    // A former owner is not to correct anything.
    yield* this.applyRemovals([], nowMs);
    if (!this.fenced) yield* ask({ kind: 'correct', corrections });
  }

  /** A write without pings; it goes out, and meets the fence, even where nothing is to be removed. */
  private *applyRemovals(removals: readonly string[], nowMs: number): Steps<void> {
    yield* this.apply(this.nothingAccepted(nowMs), { removals, totals: this.totals, changedPublishers: [] }, nowMs);
  }

  /** A driver that went elsewhere meanwhile comes back as a to-do; asking once is enough, where the answer says nothing new. */
  private *confirm(
    requests: readonly EnterRequest[],
    counts: 'if entered' | 'whatever the answer' = 'if entered',
  ): Steps<readonly Entered[]> {
    if (requests.length === 0) return [];
    const entered = yield* this.enter(requests);
    for (const [i, { driverId, capturedAtMs }] of requests.entries()) {
      const row = this.table.find(driverId);
      const reply = entered[i];
      if (row === NO_ROW || reply === undefined) continue;
      if (reply.ok || counts === 'whatever the answer') this.table.confirm(row, capturedAtMs);
      if (reply.ok) this.table.setLife(row, reply.life);
    }
    return entered;
  }

  private *apply(
    accepted: Accepted,
    changes: Omit<Write, 'sets' | 'moved' | 'holds' | 'asOfMs'>,
    nowMs: number,
  ): Steps<void> {
    const outcome = yield* this.keys.apply({
      ...changes,
      sets: accepted.sets,
      moved: accepted.moved,
      holds: this.table.size + accepted.newDrivers - changes.removals.length,
      asOfMs: this.asOfMs,
    });
    if (outcome === 'fenced') {
      this.fenced = true;
      return;
    }
    this.remember(accepted, changes.removals);
    this.totals = changes.totals;
    this.wroteAtMs = nowMs;
    if (outcome === 'diverged') yield* this.writeWholeTable(nowMs);
  }

  private *writeWholeTable(nowMs: number): Steps<void> {
    const outcome = yield* this.keys.adopt(this.table.views(), this.totals, this.asOfMs);
    this.fenced = outcome === 'fenced';
    this.wroteAtMs = nowMs;
    this.table.noteAllIndexed();
    this.table.forgetConfirmations();
  }

  private remember({ sets, rows, confirmedAtMs, isMoved }: Accepted, removals: readonly string[]): void {
    for (let i = 0; i < sets.length; i++) {
      const { driverId, record } = sets[i] as DriverWrite;
      const row = this.table.set(driverId, record, confirmedAtMs[i] as number, rows[i]);
      if (isMoved[i]) this.table.noteIndexed(row, record);
    }
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
