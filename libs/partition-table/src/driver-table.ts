import { DriverRows } from './driver-rows.js';
import type { DriverWrite } from './effects.js';

/** Captured long before any ping: the directory does not know, or may have forgotten, that the driver is here. */
export const NEVER_MS = Number.NEGATIVE_INFINITY;
/** The row of a driver that the table does not hold. */
export const NO_ROW = -1;

const FIRST_ROWS = 64;
/** A table that uses a smaller part of its rows gives memory back. */
const LEAST_USE = 1 / 4;

/**
 * The newest ping of each driver in one partition, as Redis holds it: it changes only when a write is known to have counted.
 *
 * A driver is a row of numbers and no object: the collector would mark a hundred thousand of them again and again, and a
 * ping would miss the cache for each. A row is its driver's until it is deleted or the table compacted.
 */
export class DriverTable {
  private readonly index = new Map<string, number>();
  private rows = new DriverRows(FIRST_ROWS);
  /** Rows of deleted drivers. The others below `size` + `freeRows.length` are in use. */
  private freeRows: number[] = [];
  /** False when there surely are none: asked every second, and a table is large. */
  private mayHoldUnconfirmed = false;

  get size(): number {
    return this.index.size;
  }

  /** How many drivers there is memory for. */
  get capacity(): number {
    return this.rows.capacity;
  }

  /** Row of a driver, or `NO_ROW`. */
  find(driverId: string): number {
    return this.index.get(driverId) ?? NO_ROW;
  }

  capturedAtMs(row: number): number {
    return this.rows.capturedAtMs(row);
  }

  isAvailable(row: number): boolean {
    return this.rows.isAvailable(row);
  }

  /** The spell of availability: the record's, until the directory says another. */
  life(row: number): number {
    return this.rows.life(row);
  }

  /** Capture time of the ping with which the directory was last told that the driver is here. */
  confirmedAtMs(row: number): number {
    return this.rows.confirmedAtMs(row);
  }

  /** Order of a record and the one held; see `compareOrder` of records. */
  compareOrder(record: Buffer, row: number): number {
    return this.rows.compareOrder(record, row);
  }

  /**
   * What can't be a record counts as one of 1970. `row` is the driver's, for who has looked it up already; returns it, or the
   * one that a new driver got.
   */
  set(driverId: string, record: Buffer, confirmedAtMs: number, row = this.find(driverId)): number {
    if (row === NO_ROW) return this.add(driverId, record, confirmedAtMs);
    this.rows.setRecord(row, record);
    if (confirmedAtMs > this.rows.confirmedAtMs(row)) this.rows.confirm(row, confirmedAtMs);
    return row;
  }

  /** Whether the driver is known to be in the geo set at a place within the slack of a record's fix. */
  isIndexedNear(row: number, record: Buffer): boolean {
    return this.rows.isIndexedNear(row, record);
  }

  /** A write has counted that put the driver into the geo set at a record's fix. */
  noteIndexed(row: number, record: Buffer): void {
    this.rows.setIndexed(row, record);
  }

  /** A write has counted that put all drivers into the geo set at their records' fixes. */
  noteAllIndexed(): void {
    for (const row of this.index.values()) this.rows.setIndexed(row, this.rows.view(row));
  }

  setLife(row: number, life: number): void {
    this.rows.setLife(row, life);
  }

  forgetConfirmation(row: number): void {
    this.mayHoldUnconfirmed = true;
    this.rows.confirm(row, NEVER_MS);
  }

  confirm(row: number, confirmedAtMs: number): void {
    this.rows.confirm(row, confirmedAtMs);
  }

  delete(driverId: string): void {
    const row = this.find(driverId);
    if (row === NO_ROW) return;
    this.index.delete(driverId);
    this.freeRows.push(row);
  }

  /** All drivers with their records, which are views: valid until the table is next written to. */
  views(): DriverWrite[] {
    const views: DriverWrite[] = [];
    for (const [driverId, row] of this.index) views.push({ driverId, record: this.rows.view(row) });
    return views;
  }

  /** Drivers whose newest ping is older than `ttlMs`. */
  silent(nowMs: number, ttlMs: number): string[] {
    const silent: string[] = [];
    for (const [driverId, row] of this.index) if (nowMs - this.rows.capturedAtMs(row) > ttlMs) silent.push(driverId);
    return silent;
  }

  /** Up to `max` drivers of whom the directory has not been told, or may have forgotten. */
  unconfirmed(max: number): [driverId: string, row: number][] {
    const found: [string, number][] = [];
    if (!this.mayHoldUnconfirmed) return found;
    for (const [driverId, row] of this.index) {
      if (found.length === max) return found;
      if (this.rows.confirmedAtMs(row) === NEVER_MS) found.push([driverId, row]);
    }
    this.mayHoldUnconfirmed = found.length > 0;
    return found;
  }

  /** The directory may have forgotten everyone: introduce them again. */
  forgetConfirmations(): void {
    this.mayHoldUnconfirmed = true;
    for (const row of this.index.values()) this.rows.confirm(row, NEVER_MS);
  }

  /** Gives memory back after many drivers have gone. Rows get new numbers: never while one is held. */
  compact(): void {
    if (this.capacity === FIRST_ROWS || this.size >= this.capacity * LEAST_USE) return;
    let capacity = FIRST_ROWS;
    while (capacity < 2 * this.size) capacity *= 2;
    const compacted = new DriverRows(capacity);
    let to = 0;
    for (const [driverId, row] of this.index) {
      compacted.copyRow(this.rows, row, to);
      this.index.set(driverId, to++);
    }
    this.rows = compacted;
    this.freeRows = [];
  }

  private add(driverId: string, record: Buffer, confirmedAtMs: number): number {
    if (confirmedAtMs === NEVER_MS) this.mayHoldUnconfirmed = true;
    const row = this.freeRows.pop() ?? this.size;
    if (row === this.capacity) this.rows = this.rows.grown();
    this.index.set(driverId, row);
    this.rows.setRecord(row, record);
    this.rows.forgetIndexed(row);
    this.rows.confirm(row, confirmedAtMs);
    return row;
  }
}
