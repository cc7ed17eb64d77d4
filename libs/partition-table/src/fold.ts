import { compareOrder, recordCapturedAtMs, recordStatus } from '@hexfleet/driver-record';
import type { BatchedPing } from '@hexfleet/ping-batch';
import { type DriverTable, NO_ROW } from './driver-table.js';
import type { StreamBatch } from './effects.js';
import {
  isCovered,
  type PartitionTotals,
  PUBLISHER_FORGOTTEN_AFTER_MS,
  type PublisherMark,
  type StreamPosition,
} from './totals.js';

/** A ping that is the newest of its driver in what was folded. */
export interface Winner {
  readonly ping: BatchedPing;
  /** Counted before: it comes from a message that the starting totals cover. */
  readonly counted: boolean;
  /** It, or a ping that it superseded, says that the driver was not available. */
  readonly wasBusy: boolean;
  /** Row of the driver in the table, or `NO_ROW`: as long as no driver is deleted and the table is not compacted. */
  readonly row: number;
}

/** Totals while they grow. */
export interface Tally {
  position: StreamPosition | undefined;
  written: number;
  superseded: number;
  expired: number;
  readonly publishers: Map<string, PublisherMark>;
}

/** A time in which no publisher was heard is nobody's silence, and counts as at most so much of it. */
const MAX_SHARED_SILENCE_MS = PUBLISHER_FORGOTTEN_AFTER_MS / 4;

export interface Fold {
  readonly winners: Map<string, Winner>;
  /** `written` is not raised yet for the winners: the directory has still to agree. */
  readonly tally: Tally;
  readonly changedPublishers: Set<string>;
}

/**
 * Folds messages of one partition, in stream order, into the newest ping of each driver and the counts of the others.
 *
 * A message that `start` covers is not counted again; with `again` its pings still compete, as when Redis came back empty.
 * A batch whose publisher's total is known already is a repeated publication, and is passed over. A publisher's total that
 * jumps tells how many of its pings the stream dropped unread, which happens only past their time to live: they are expired.
 */
export function foldBatches(
  batches: readonly StreamBatch[],
  start: PartitionTotals,
  table: DriverTable,
  at: { readonly nowMs: number; readonly ttlMs: number; readonly again: boolean },
): Fold {
  const fold: Fold = {
    winners: new Map(),
    tally: { ...start, publishers: new Map(start.publishers) },
    changedPublishers: new Set(),
  };
  for (const { position, batch } of batches) {
    const counted = isCovered(position, start.position);
    if (counted && !at.again) continue;
    if (!counted && isCovered(position, fold.tally.position)) continue;
    if (!counted) fold.tally.position = position;
    if (batch === undefined) continue;
    if (!counted) {
      const total = batch.totalBefore + batch.size;
      const mark = fold.tally.publishers.get(batch.publisher);
      if (mark !== undefined && total <= mark.total) continue;
      fold.tally.expired += batch.totalBefore - (mark?.total ?? 0);
      fold.tally.publishers.set(batch.publisher, { total, seenAtMs: at.nowMs });
      fold.changedPublishers.add(batch.publisher);
    }
    for (const ping of batch.readPings()) compete(fold, table, ping, counted, at);
  }
  forgetPublishers(fold, start, at.nowMs);
  return fold;
}

function compete(
  { winners, tally }: Fold,
  table: DriverTable,
  ping: BatchedPing,
  counted: boolean,
  at: { readonly nowMs: number; readonly ttlMs: number },
): void {
  const { driverId, record } = ping;
  if (at.nowMs - recordCapturedAtMs(record) > at.ttlMs) {
    if (!counted) tally.expired++;
    return;
  }
  const rival = winners.get(driverId);
  const row = rival === undefined ? table.find(driverId) : rival.row;
  let order = 1;
  if (rival !== undefined) order = compareOrder(record, rival.ping.record);
  else if (row !== NO_ROW) order = table.compareOrder(record, row);
  if (order <= 0) {
    if (!counted) tally.superseded++;
    return;
  }
  if (rival !== undefined && !rival.counted) tally.superseded++;
  const wasBusy = rival?.wasBusy === true || recordStatus(record) !== 'available';
  winners.set(driverId, { ping, counted, wasBusy, row });
}

/**
 * After an hour in which this writer was away, all marks are an hour old, and the first batch that is read must not have the
 * others' marks forgotten: their batches are next. It counts for something still, else a place where a batch comes in now
 * and then would remember its publishers for ever.
 */
function forgetPublishers({ tally, changedPublishers }: Fold, start: PartitionTotals, nowMs: number): void {
  for (const [publisher, { total, seenAtMs }] of tally.publishers) {
    if (nowMs - seenAtMs <= PUBLISHER_FORGOTTEN_AFTER_MS) continue;
    const heardAtMs = lastHeardAtMs(start);
    const silentMs = heardAtMs - seenAtMs + Math.min(nowMs - heardAtMs, MAX_SHARED_SILENCE_MS);
    if (silentMs > PUBLISHER_FORGOTTEN_AFTER_MS) tally.publishers.delete(publisher);
    else tally.publishers.set(publisher, { total, seenAtMs: nowMs - silentMs });
    changedPublishers.add(publisher);
  }
}

/** When any publisher was heard last. */
function lastHeardAtMs({ publishers }: PartitionTotals): number {
  let lastMs = Number.NEGATIVE_INFINITY;
  for (const { seenAtMs } of publishers.values()) lastMs = Math.max(lastMs, seenAtMs);
  return lastMs;
}
