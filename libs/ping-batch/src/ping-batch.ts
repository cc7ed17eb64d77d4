/**
 * Layout, big-endian:
 *
 *    0  u8   version (1)                     10  u48  totalBefore
 *    1  u8   reserved (0)                    16  u48  receivedAtMs of the oldest ping
 *    2  8 B  publisher, random               22  u16  number of pings
 *   24  then for each ping: u8 length of the id, u8 length of the record, the id in ASCII, the record
 */
import { isRecordLength, recordLength, writeRecord } from '@hexfleet/driver-record';
import type { Ping } from '@hexfleet/ping';

const VERSION = 1;
const HEADER_BYTES = 24;

/** Most pings in one batch; the writer passes at most this many drivers to Redis in one go. */
export const MAX_BATCH_PINGS = 1_000;

export interface BatchedPing {
  readonly driverId: string;
  /** A packed record; a view into the message, not a copy. */
  readonly record: Buffer;
}

export interface PingBatch {
  /** 16 hexadecimal digits that name one run of one gateway publishing to one partition. */
  readonly publisher: string;
  /** How many pings this publisher had in the batches before this one. */
  readonly totalBefore: number;
  /** When the gateway received the oldest ping of the batch, in Unix ms. */
  readonly receivedAtMs: number;
  /** How many pings it holds. */
  readonly size: number;
  /** Reads them, anew each time: a batch that waits for its turn must not cost three objects a ping. */
  readPings(): BatchedPing[];
}

/**
 * Encodes 1…MAX_BATCH_PINGS valid pings.
 * @throws RangeError outside of that.
 */
export function encodePingBatch(
  batch: Omit<PingBatch, 'size' | 'readPings'> & { readonly pings: readonly Ping[] },
): Buffer {
  const { pings } = batch;
  if (pings.length < 1 || pings.length > MAX_BATCH_PINGS) throw new RangeError(`1 to ${MAX_BATCH_PINGS} pings a batch`);
  let length = HEADER_BYTES;
  for (const ping of pings) length += 2 + ping.driverId.length + recordLength(ping);
  const message = Buffer.allocUnsafe(length);
  message[0] = VERSION;
  message[1] = 0;
  message.write(batch.publisher, 2, 8, 'hex');
  message.writeUIntBE(batch.totalBefore, 10, 6);
  message.writeUIntBE(batch.receivedAtMs, 16, 6);
  message.writeUInt16BE(pings.length, 22);
  let offset = HEADER_BYTES;
  for (const ping of pings) {
    const idLength = ping.driverId.length;
    message[offset] = idLength;
    message[offset + 1] = recordLength(ping);
    message.write(ping.driverId, offset + 2, idLength, 'latin1');
    offset = writeRecord(message, offset + 2 + idLength, ping);
  }
  return message;
}

/**
 * Decodes a batch.
 * @throws RangeError when it is truncated, of another version or holds what can't be a record: the writer counts and skips it.
 */
export function decodePingBatch(message: Buffer): PingBatch {
  if (message.length < HEADER_BYTES) throw new RangeError('a ping batch is at least 24 bytes long');
  if (message[0] !== VERSION) throw new RangeError(`ping batch of version ${message[0]}, this is version ${VERSION}`);
  const size = message.readUInt16BE(22);
  let offset = HEADER_BYTES;
  for (let i = 0; i < size; i++) {
    if (offset + 2 > message.length) throw new RangeError('truncated ping batch');
    const recordBytes = message[offset + 1] as number;
    offset += 2 + (message[offset] as number) + recordBytes;
    if (offset > message.length || !isRecordLength(recordBytes))
      throw new RangeError('truncated ping batch, or no record');
  }
  if (offset !== message.length) throw new RangeError('bytes after the last ping of a batch');
  return {
    publisher: message.toString('hex', 2, 10),
    totalBefore: message.readUIntBE(10, 6),
    receivedAtMs: message.readUIntBE(16, 6),
    size,
    readPings: () => readPings(message, size),
  };
}

function readPings(message: Buffer, size: number): BatchedPing[] {
  const pings: BatchedPing[] = new Array(size);
  let offset = HEADER_BYTES;
  for (let i = 0; i < size; i++) {
    const idEnd = offset + 2 + (message[offset] as number);
    const end = idEnd + (message[offset + 1] as number);
    pings[i] = { driverId: message.toString('latin1', offset + 2, idEnd), record: message.subarray(idEnd, end) };
    offset = end;
  }
  return pings;
}
