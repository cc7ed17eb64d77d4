import {
  compareOrder,
  isRecordLength,
  MAX_RECORD_BYTES,
  RECORD_BYTES,
  recordCapturedAtMs,
  recordLatDeg,
  recordLife,
  recordLngDeg,
  recordStatus,
} from '@hexfleet/driver-record';
import { isWithinSlack } from './index-slack.js';

/**
 * A row, in bytes: 72, little more than a cache line.
 *
 *    0        the packed record, with room for the longest
 *   end − 19  u8   its length
 *   end − 18  u16  life
 *   end − 16  i32  latitude under which the driver is indexed × 10⁷
 *   end − 12  i32  longitude, the same
 *   end −  8  f64  confirmedAtMs
 */
const ROW_BYTES = Math.ceil((MAX_RECORD_BYTES + 19) / 8) * 8;
const LENGTH_AT = ROW_BYTES - 19;
/** In u16, i32 and f64. */
const ROW_U16 = ROW_BYTES / 2;
const ROW_I32 = ROW_BYTES / 4;
const ROW_F64 = ROW_BYTES / 8;
const LIFE_AT_U16 = ROW_U16 - 9;
const INDEXED_LAT_AT_I32 = ROW_I32 - 4;
const INDEXED_LNG_AT_I32 = ROW_I32 - 3;
const CONFIRMED_AT_F64 = ROW_F64 - 1;
/** Angles as records keep them, so that nothing is lost. */
const UNITS_PER_DEGREE = 1e7;
/** No latitude: where the driver is indexed isn't known. */
const NOT_KNOWN = -(2 ** 31);

/** Stands for what can't be a record: captured in 1970, it goes with the drivers that are silent. */
const EXPIRED_RECORD = Buffer.alloc(RECORD_BYTES);

/** What a table holds of each driver, in one piece of memory that the collector need not look into. */
export class DriverRows {
  private readonly bytes: Buffer;
  private readonly u16: Uint16Array;
  private readonly i32: Int32Array;
  private readonly f64: Float64Array;

  constructor(readonly capacity: number) {
    const memory = new ArrayBuffer(capacity * ROW_BYTES);
    this.bytes = Buffer.from(memory);
    this.u16 = new Uint16Array(memory);
    this.i32 = new Int32Array(memory);
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

  /** Whether the driver is known to be indexed within the slack of a record's fix. */
  isIndexedNear(row: number, record: Buffer): boolean {
    const lat = this.i32[row * ROW_I32 + INDEXED_LAT_AT_I32] as number;
    if (lat === NOT_KNOWN) return false;
    const latDeg = lat / UNITS_PER_DEGREE;
    const lngDeg = (this.i32[row * ROW_I32 + INDEXED_LNG_AT_I32] as number) / UNITS_PER_DEGREE;
    return isWithinSlack(latDeg, lngDeg, recordLatDeg(record), recordLngDeg(record));
  }

  /** The driver is indexed under the fix of a record. */
  setIndexed(row: number, record: Buffer): void {
    this.i32[row * ROW_I32 + INDEXED_LAT_AT_I32] = Math.round(recordLatDeg(record) * UNITS_PER_DEGREE);
    this.i32[row * ROW_I32 + INDEXED_LNG_AT_I32] = Math.round(recordLngDeg(record) * UNITS_PER_DEGREE);
  }

  forgetIndexed(row: number): void {
    this.i32[row * ROW_I32 + INDEXED_LAT_AT_I32] = NOT_KNOWN;
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
