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
/** Two lengths, an id, a record. */
const USUAL_PING_BYTES = 56;

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
 * A batch in the making: pings are packed as they come, so that nothing else of them need be kept. The one buffer that it
 * fills becomes the message.
 */
export class PingBatchBuilder {
  #message: Buffer;
  #end = HEADER_BYTES;
  #size = 0;
  /** Places of pings that another, longer or shorter one stands for. */
  readonly #left: number[] = [];

  constructor(expectedPings: number) {
    this.#message = Buffer.allocUnsafe(HEADER_BYTES + expectedPings * USUAL_PING_BYTES);
  }

  get isFull(): boolean {
    return this.#size >= MAX_BATCH_PINGS;
  }

  get heldBytes(): number {
    return this.#message.length;
  }

  /** Packs a valid ping and returns its place. */
  add(ping: Ping): number {
    const at = this.#end;
    const length = packedLength(ping);
    if (at + length > this.#message.length) this.#grow(at + length);
    this.#pack(at, ping);
    this.#end = at + length;
    this.#size++;
    return at;
  }

  /**
   * Packs another ping of the same driver in place of the one at `at`, and returns its place. Where their lengths differ, a
   * gap is left until the end: who adds the pings bounds how many.
   */
  replace(at: number, ping: Ping): number {
    if (lengthAt(this.#message, at) === packedLength(ping)) {
      this.#pack(at, ping);
      return at;
    }
    this.#left.push(at);
    this.#size--;
    return this.add(ping);
  }

  /**
   * The message; the builder is of no use after that.
   * @throws RangeError outside of 1…MAX_BATCH_PINGS pings.
   */
  finish({ publisher, totalBefore, receivedAtMs }: Omit<PingBatch, 'size' | 'readPings'>): Buffer {
    if (this.#size < 1 || this.#size > MAX_BATCH_PINGS) throw new RangeError(`1 to ${MAX_BATCH_PINGS} pings a batch`);
    this.#closeGaps();
    const message = this.#message.subarray(0, this.#end);
    message[0] = VERSION;
    message[1] = 0;
    message.write(publisher, 2, 8, 'hex');
    message.writeUIntBE(totalBefore, 10, 6);
    message.writeUIntBE(receivedAtMs, 16, 6);
    message.writeUInt16BE(this.#size, 22);
    return message;
  }

  #pack(at: number, ping: Ping): void {
    const message = this.#message;
    const idLength = ping.driverId.length;
    message[at] = idLength;
    message[at + 1] = recordLength(ping);
    message.write(ping.driverId, at + 2, idLength, 'latin1');
    writeRecord(message, at + 2 + idLength, ping);
  }

  #closeGaps(): void {
    const gaps = this.#left.sort((a, b) => a - b);
    if (gaps.length === 0) return;
    let end = gaps[0] as number;
    for (const [i, gap] of gaps.entries()) {
      end += this.#message.copy(this.#message, end, gap + lengthAt(this.#message, gap), gaps[i + 1] ?? this.#end);
    }
    this.#end = end;
  }

  #grow(least: number): void {
    const grown = Buffer.allocUnsafe(Math.max(least, 2 * this.#message.length));
    this.#message.copy(grown, 0, 0, this.#end);
    this.#message = grown;
  }
}

function packedLength(ping: Ping): number {
  return 2 + ping.driverId.length + recordLength(ping);
}

function lengthAt(message: Buffer, at: number): number {
  return 2 + (message[at] as number) + (message[at + 1] as number);
}

/**
 * Encodes 1…MAX_BATCH_PINGS valid pings.
 * @throws RangeError outside of that.
 */
export function encodePingBatch({
  pings,
  ...header
}: Omit<PingBatch, 'size' | 'readPings'> & { readonly pings: readonly Ping[] }): Buffer {
  const builder = new PingBatchBuilder(pings.length);
  for (const ping of pings) builder.add(ping);
  return builder.finish(header);
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
