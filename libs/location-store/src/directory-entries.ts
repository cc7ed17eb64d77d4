/**
 * What the directory's functions are told of drivers, and what they tell: packed, since each argument and each step of a
 * function costs Redis more than the same in here. Layouts are in `functions/enter.lua` and `functions/prelude.lua`.
 */
import { fnv1a32, mix32 } from '@hexfleet/geo-partition';
import type { EnterRequest } from '@hexfleet/partition-table';

/** The names of a slot's small hashes. */
export const ENTRY_HASHES = Array.from({ length: 256 }, (_, value) => value.toString(16).padStart(2, '0'));
/** Where a driver's id begins in what `enter` is told of it. */
const ID_AT = 16;
const CAPTURED_AT = 4;
const FROM_AT = 10;

/** Which of its slot's hashes a driver's entry lies in. Slots go by the low bits of the same number. */
export function entryHashOf(driverId: string): string {
  return ENTRY_HASHES[mix32(fnv1a32(driverId)) >>> 24] as string;
}

export function encodeEnters(due: readonly { readonly partition: number; readonly request: EnterRequest }[]): Buffer {
  const bytes = Buffer.allocUnsafe(due.reduce((sum, { request }) => sum + ID_AT + request.driverId.length, 0));
  let at = 0;
  for (const { partition, request } of due) {
    const { driverId, capturedAtMs, holds, force, available, life } = request;
    bytes.write(entryHashOf(driverId), at, 'latin1');
    bytes.writeUInt16BE(partition, at + 2);
    bytes.writeUIntBE(capturedAtMs, at + 4, 6);
    bytes[at + 10] = (holds ? 1 : 0) + (force ? 2 : 0) + (available ? 4 : 0);
    bytes.writeInt32BE(life, at + 11);
    bytes[at + 15] = driverId.length;
    at += ID_AT + bytes.write(driverId, at + ID_AT, 'latin1');
  }
  return bytes;
}

/** A bit for each partition, the lowest of the first byte for 0. */
export function encodePartitions(partitions: readonly number[]): Buffer {
  const bits = Buffer.alloc(Math.floor(Math.max(0, ...partitions) / 8) + 1);
  for (const partition of partitions) bits[partition >> 3] = (bits[partition >> 3] as number) | (1 << (partition & 7));
  return bits;
}

/** Where a driver may be, by its entry: homes not yet cleared, its home last; empty where there is no entry. */
export function homesOf(entry: Buffer): number[] {
  if (entry.length === 0) return [];
  const homes = Array.from({ length: (entry.length - FROM_AT) / 2 }, (_, i) => entry.readUInt16BE(FROM_AT + 2 * i));
  return [...homes, entry.readUInt16BE(0)];
}

/** When the newest ping was captured that the directory was told of, or undefined where there is no entry. */
export function capturedAtMsOf(entry: Buffer): number | undefined {
  return entry.length === 0 ? undefined : entry.readUIntBE(CAPTURED_AT, 6);
}
