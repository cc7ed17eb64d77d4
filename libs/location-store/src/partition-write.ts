import { recordLatDeg, recordLngDeg } from '@hexfleet/driver-record';
import type { ApplyReply, Incarnation, OwnerEffect } from '@hexfleet/partition-table';
import { geohashScore } from './geohash.js';
import type { Keys } from './keys.js';
import { forgottenFields, headerFields } from './partition-header.js';
import { RespCommands } from './resp-commands.js';

export type Apply = Extract<OwnerEffect, { kind: 'apply' }>;
export type Adopt = Extract<OwnerEffect, { kind: 'adopt' }>;

/** Positions go when nobody writes them any more; the header, which counts, stays long enough for any repair. */
const HEADER_KEPT_MS = 7 * 24 * 3_600_000;
const BYTES_A_DRIVER = 220;
const BYTES_A_WRITE = 1_500;

/** Where in a transaction's replies those stand that tell whether the write counted, and on what; the last two from the end. */
const INC_REPLY = 0;
const HEADER_REPLY = 1;
const RECORDS_REPLY = -2;
const GEO_REPLY = -1;

/**
 * One transaction: which name counts, what the header was, positions, records, header, and expiry for all of it. Written
 * natively and not in a function, where the arguments alone would cost Redis 0.7–1.2 µs a driver.
 */
export function encodeApply(keys: Keys, partition: number, write: Apply, positionsKeptMs: number): RespCommands {
  const { incarnation, n, sets, moved, removals, holds, totals, changedPublishers, asOfMs } = write;
  const header = keys.header(partition, incarnation);
  const resp = new RespCommands(BYTES_A_WRITE + sets.length * BYTES_A_DRIVER);
  resp.command('MULTI');
  resp.command('GET', keys.incarnation(partition));
  resp.command('HMGET', header, 'n', 'count');
  encodeDrivers(resp, keys, partition, incarnation, { sets, moved }, positionsKeptMs);
  if (removals.length > 0) {
    encodeList(resp, 'ZREM', keys.geo(partition, incarnation), removals);
    encodeList(resp, 'HDEL', keys.records(partition, incarnation), removals);
  }
  const fields = headerFields(totals, changedPublishers, asOfMs);
  resp.command('HSET', header, 'n', String(n), 'drivers', String(holds), ...fields);
  const forgotten = forgottenFields(totals, changedPublishers);
  if (forgotten.length > 0) resp.command('HDEL', header, ...forgotten);
  resp.command('HINCRBY', header, 'count', '1');
  resp.command('PEXPIRE', header, String(HEADER_KEPT_MS));
  resp.command('HLEN', keys.records(partition, incarnation));
  resp.command('ZCARD', keys.geo(partition, incarnation));
  return resp.command('EXEC');
}

/** What the replies of `encodeApply`'s EXEC say. */
export function judgeApply({ incarnation, n, holds }: Apply, replies: unknown): ApplyReply {
  if (!Array.isArray(replies)) return 'doubt';
  if (String(replies[INC_REPLY]) !== `${incarnation.epoch}.${incarnation.k}`) return 'other';
  // A transaction goes on past a command that fails, as it does where a key holds another type than ours.
  if (replies.some((reply) => reply instanceof Error)) return 'diverged';
  const [storedN, count] = (replies[HEADER_REPLY] as (Buffer | null)[]).map((value) => Number(value ?? Number.NaN));
  if (storedN !== n - 1 || count !== n - 1) return 'diverged';
  // One of the keys may go by itself: expired while this owner was stopped, evicted, deleted.
  return replies.at(RECORDS_REPLY) === holds && replies.at(GEO_REPLY) === holds ? 'ok' : 'diverged';
}

/** Builds a whole table under a name that nobody reads yet, in one step: half of one would never expire. */
export function encodeBuild(
  keys: Keys,
  partition: number,
  { to, n, sets, totals, asOfMs }: Adopt,
  positionsKeptMs: number,
): RespCommands {
  const header = keys.header(partition, to);
  const resp = new RespCommands(BYTES_A_WRITE + sets.length * BYTES_A_DRIVER);
  resp.command('MULTI');
  resp.command('DEL', header, keys.geo(partition, to), keys.records(partition, to));
  encodeDrivers(resp, keys, partition, to, { sets, moved: sets }, positionsKeptMs);
  const fields = headerFields(totals, totals.publishers.keys(), asOfMs);
  const holds = String(sets.length);
  resp.command('HSET', header, 'n', String(n), 'count', String(n), 'drivers', holds, ...fields);
  resp.command('PEXPIRE', header, String(HEADER_KEPT_MS));
  return resp.command('EXEC');
}

/** Not spread into `command`: a hundred thousand drivers may fall silent at once, which is more than a call takes. */
function encodeList(resp: RespCommands, name: string, key: string, members: readonly string[]): void {
  resp.begin(name, 1 + members.length).text(key);
  for (const member of members) resp.text(member);
}

function encodeDrivers(
  resp: RespCommands,
  keys: Keys,
  partition: number,
  incarnation: Incarnation,
  { sets, moved }: Pick<Apply, 'sets' | 'moved'>,
  positionsKeptMs: number,
): void {
  if (sets.length === 0) return;
  const geo = keys.geo(partition, incarnation);
  const records = keys.records(partition, incarnation);
  resp.begin('HSET', 1 + 2 * sets.length).text(records);
  for (const { driverId, record } of sets) resp.text(driverId).binary(record);
  if (moved.length > 0) {
    resp.begin('ZADD', 1 + 2 * moved.length).text(geo);
    for (const { driverId, record } of moved) {
      resp.integer(geohashScore(recordLatDeg(record), recordLngDeg(record))).text(driverId);
    }
  }
  resp.command('PEXPIRE', geo, String(positionsKeptMs));
  resp.command('PEXPIRE', records, String(positionsKeptMs));
}
