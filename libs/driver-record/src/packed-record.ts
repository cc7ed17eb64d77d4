/**
 * Layout, big-endian, offsets in bytes:
 *
 *    0  u48  capturedAtMs          16 u16  headingDeg × 100   (0xffff: none)
 *    6  u16  life                  18 u16  speedMps × 100     (0xffff: none)
 *    8  i32  latDeg × 10⁷          20 u8   accuracyM          (254: that or worse, 255: none)
 *   12  i32  lngDeg × 10⁷          21 u8   status code        (index in STATUSES; bit 7: inferred heading, 6: speed)
 *   22  u32  seq                   26 u8   vehicle class code (0: spelt out after the record)
 *   27  u24  writtenAtMs − capturedAtMs, clamped to 0…0xffffff; the writer's to fill in
 *   30       vehicle class in ASCII, only where its code is 0
 *
 * `life` names one unbroken spell of availability; riders' pseudonyms are derived from it. The writer fills it in.
 * Angles keep 10⁻⁷ degrees, about a centimetre.
 */
import { MAX_VEHICLE_CLASS_LENGTH, type Ping, STATUSES, type Status, statusIndexOf } from '@hexfleet/ping';

/** A record whose vehicle class has a code: the usual, and the shortest. */
export const RECORD_BYTES = 30;
export const MAX_RECORD_BYTES = RECORD_BYTES + MAX_VEHICLE_CLASS_LENGTH;

const OFFSET = {
  capturedAt: 0,
  life: 6,
  lat: 8,
  lng: 12,
  heading: 16,
  speed: 18,
  accuracy: 20,
  status: 21,
  seq: 22,
  vehicleClass: 26,
  writtenAfter: 27,
} as const;
const NO_U16 = 0xffff;
const NO_U8 = 0xff;
/** Of the status byte: whether heading and speed were worked out from two fixes. The rest is the status code. */
const HEADING_INFERRED = 0x80;
const SPEED_INFERRED = 0x40;
const STATUS_BITS = 0x3f;

/** Classes with a code of their own. Append only: the index is stored. */
const VEHICLE_CLASSES = [
  '',
  'car',
  'bike',
  'auto',
  'van',
  'suv',
  'bus',
  'truck',
  'premium',
  'taxi',
  'scooter',
] as const;
const VEHICLE_CLASS_CODES = new Map<string, number>(VEHICLE_CLASSES.map((name, code) => [name, code]));

/** A record unpacked: the ping without its driver's id, with what the writer added. */
export interface DriverRecord extends Omit<Ping, 'driverId'> {
  readonly writtenAtMs: number;
  readonly life: number;
}

/** Bytes that `writeRecord` needs for a ping. */
export function recordLength(ping: Pick<Ping, 'vehicleClass'>): number {
  return VEHICLE_CLASS_CODES.get(ping.vehicleClass) ? RECORD_BYTES : RECORD_BYTES + ping.vehicleClass.length;
}

/** Whether so many bytes can be a record; those of a foreign key or publisher need not. */
export function isRecordLength(bytes: number): boolean {
  return bytes >= RECORD_BYTES && bytes <= MAX_RECORD_BYTES;
}

/** Packs a valid ping at `offset` and returns the offset behind it. The writer's two fields are left zero. */
export function writeRecord(target: Buffer, offset: number, ping: Omit<Ping, 'driverId'>): number {
  const classCode = VEHICLE_CLASS_CODES.get(ping.vehicleClass) ?? 0;
  target.writeUIntBE(ping.capturedAtMs, offset + OFFSET.capturedAt, 6);
  target.writeUInt16BE(0, offset + OFFSET.life);
  target.writeInt32BE(Math.round(ping.latDeg * 1e7), offset + OFFSET.lat);
  target.writeInt32BE(Math.round(ping.lngDeg * 1e7), offset + OFFSET.lng);
  target.writeUInt16BE(
    ping.headingDeg === undefined ? NO_U16 : Math.round(ping.headingDeg * 100) % 36_000,
    offset + OFFSET.heading,
  );
  target.writeUInt16BE(
    ping.speedMps === undefined ? NO_U16 : Math.min(NO_U16 - 1, Math.round(ping.speedMps * 100)),
    offset + OFFSET.speed,
  );
  target[offset + OFFSET.accuracy] =
    ping.accuracyM === undefined ? NO_U8 : Math.min(NO_U8 - 1, Math.round(ping.accuracyM));
  target[offset + OFFSET.status] =
    statusIndexOf(ping.status) |
    (ping.isHeadingInferred === true ? HEADING_INFERRED : 0) |
    (ping.isSpeedInferred === true ? SPEED_INFERRED : 0);
  target.writeUInt32BE(ping.seq, offset + OFFSET.seq);
  target[offset + OFFSET.vehicleClass] = classCode;
  target.writeUIntBE(0, offset + OFFSET.writtenAfter, 3);
  if (classCode !== 0) return offset + RECORD_BYTES;
  return offset + RECORD_BYTES + target.write(ping.vehicleClass, offset + RECORD_BYTES, 'latin1');
}

/** Stamps the writer's two fields into a record in place. */
export function stampRecord(record: Buffer, life: number, writtenAtMs: number): void {
  const writtenAfterMs = Math.max(0, Math.min(0xffffff, writtenAtMs - recordCapturedAtMs(record)));
  record.writeUInt16BE(life, OFFSET.life);
  record.writeUIntBE(writtenAfterMs, OFFSET.writtenAfter, 3);
}

/**
 * Here and below, `at` is where the record begins, in bytes. Asked several times a ping, so the bytes are put together here:
 * the Buffer's `readUIntBE` costs enough more to show in what the writer does with one.
 */
export function recordCapturedAtMs(record: Buffer, at = 0): number {
  const high = byteAt(record, at) * 0x100 + byteAt(record, at + 1);
  const low =
    (byteAt(record, at + 2) << 24) |
    (byteAt(record, at + 3) << 16) |
    (byteAt(record, at + 4) << 8) |
    byteAt(record, at + 5);
  return high * 2 ** 32 + (low >>> 0);
}

function byteAt(record: Buffer, at: number): number {
  return record[at] as number;
}

export function recordSeq(record: Buffer, at = 0): number {
  return record.readUInt32BE(at + OFFSET.seq);
}

export function recordLife(record: Buffer): number {
  return record.readUInt16BE(OFFSET.life);
}

export function recordStatus(record: Buffer, at = 0): Status {
  return STATUSES[byteAt(record, at + OFFSET.status) & STATUS_BITS] ?? 'idle';
}

/**
 * Order of two pings of one driver: by capture time, then by sequence number. Positive when the first is newer. The second
 * begins at `at`.
 */
export function compareOrder(a: Buffer, b: Buffer, at = 0): number {
  return recordCapturedAtMs(a) - recordCapturedAtMs(b, at) || recordSeq(a) - recordSeq(b, at);
}

export function recordLatDeg(record: Buffer): number {
  return record.readInt32BE(OFFSET.lat) / 1e7;
}

export function recordLngDeg(record: Buffer): number {
  return record.readInt32BE(OFFSET.lng) / 1e7;
}

/** Heading and speed, whether the phone read them or not. */
export function recordMotion(record: Buffer): Pick<Ping, 'headingDeg' | 'speedMps'> {
  const headingCentideg = record.readUInt16BE(OFFSET.heading);
  const speedCmps = record.readUInt16BE(OFFSET.speed);
  return {
    headingDeg: headingCentideg === NO_U16 ? undefined : headingCentideg / 100,
    speedMps: speedCmps === NO_U16 ? undefined : speedCmps / 100,
  };
}

/**
 * Unpacks a record.
 * @throws RangeError when it is shorter than a record: what a foreign key of the same name would hold.
 */
export function readRecord(record: Buffer): DriverRecord {
  if (record.length < RECORD_BYTES) throw new RangeError(`a packed record has at least ${RECORD_BYTES} bytes`);
  const accuracyM = record[OFFSET.accuracy] as number;
  const classCode = record[OFFSET.vehicleClass] as number;
  const capturedAtMs = recordCapturedAtMs(record);
  return {
    capturedAtMs,
    seq: recordSeq(record),
    latDeg: recordLatDeg(record),
    lngDeg: recordLngDeg(record),
    ...recordMotion(record),
    isHeadingInferred: (byteAt(record, OFFSET.status) & HEADING_INFERRED) !== 0,
    isSpeedInferred: (byteAt(record, OFFSET.status) & SPEED_INFERRED) !== 0,
    accuracyM: accuracyM === NO_U8 ? undefined : accuracyM,
    status: recordStatus(record),
    vehicleClass: classCode === 0 ? record.toString('latin1', RECORD_BYTES) : (VEHICLE_CLASSES[classCode] ?? ''),
    writtenAtMs: capturedAtMs + record.readUIntBE(OFFSET.writtenAfter, 3),
    life: recordLife(record),
  };
}
