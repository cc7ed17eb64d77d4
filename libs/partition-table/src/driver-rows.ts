import {
  compareOrder,
  isRecordLength,
  MAX_RECORD_BYTES,
  RECORD_BYTES,
  recordCapturedAtMs,
  recordLife,
  recordStatus,
} from '@hexfleet/driver-record';

/**
 * A row, in bytes: 64, about a cache line.
 *
 *    0        the packed record, with room for the longest
 *   end − 11  u8   its length
 *   end − 10  u16  life
 *   end −  8  f64  confirmedAtMs
 */
const ROW_BYTES = Math.ceil((MAX_RECORD_BYTES + 11) / 8) * 8;
const LENGTH_AT = ROW_BYTES - 11;
/** In u16 and f64. */
const ROW_U16 = ROW_BYTES / 2;
const ROW_F64 = ROW_BYTES / 8;
const LIFE_AT_U16 = ROW_U16 - 5;
const CONFIRMED_AT_F64 = ROW_F64 - 1;

/** Stands for what can't be a record: captured in 1970, it goes with the drivers that are silent. */
const EXPIRED_RECORD = Buffer.alloc(RECORD_BYTES);

/** What a table holds of each driver, in one piece of memory that the collector need not look into. */
export class DriverRows {
  private readonly bytes: Buffer;
  private readonly u16: Uint16Array;
  private readonly f64: Float64Array;

  constructor(readonly capacity: number) {
    const memory = new ArrayBuffer(capacity * ROW_BYTES);
    this.bytes = Buffer.from(memory);
    this.u16 = new Uint16Array(memory);
    this.f64 = new Float64Array(memory);
  }

  capturedAtMs(row: number): number {
    return recordCapturedAtMs(this.bytes, row * ROW_BYTES);
  }

  isAvailable(row: number): boolean {
    return recordStatus(this.bytes, row * ROW_BYTES) === 'available';
  }

  /** Order of a record and the one held; see `compareOrder`. */
  compareOrder(record: Buffer, row: number): number {
    return compareOrder(record, this.bytes, row * ROW_BYTES);
  }

  life(row: number): number {
    return this.u16[row * ROW_U16 + LIFE_AT_U16] as number;
  }

  confirmedAtMs(row: number): number {
    return this.f64[row * ROW_F64 + CONFIRMED_AT_F64] as number;
  }

  setLife(row: number, life: number): void {
    this.u16[row * ROW_U16 + LIFE_AT_U16] = life;
  }

  confirm(row: number, confirmedAtMs: number): void {
    this.f64[row * ROW_F64 + CONFIRMED_AT_F64] = confirmedAtMs;
  }

  /** A record is so short that a loop beats a call into the runtime. */
  setRecord(row: number, record: Buffer): void {
    const { bytes } = this;
    const source = isRecordLength(record.length) ? record : EXPIRED_RECORD;
    const { length } = source;
    const at = row * ROW_BYTES;
    for (let i = 0; i < length; i++) bytes[at + i] = source[i] as number;
    bytes[at + LENGTH_AT] = length;
    this.setLife(row, recordLife(source));
  }

  /** The record of a row, as it is and will be. */
  view(row: number): Buffer {
    const at = row * ROW_BYTES;
    return this.bytes.subarray(at, at + (this.bytes[at + LENGTH_AT] as number));
  }

  copyRow(from: DriverRows, row: number, to: number): void {
    const at = row * ROW_BYTES;
    from.bytes.copy(this.bytes, to * ROW_BYTES, at, at + ROW_BYTES);
  }

  /** The same rows, and as many more. */
  grown(): DriverRows {
    const grown = new DriverRows(2 * this.capacity);
    grown.bytes.set(this.bytes);
    return grown;
  }
}
