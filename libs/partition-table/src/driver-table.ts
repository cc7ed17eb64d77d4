import { recordCapturedAtMs, recordLife, recordSeq, recordStatus } from '@hexfleet/driver-record';

/** Captured long before any ping: the directory does not know, or may have forgotten, that the driver is here. */
export const NEVER_MS = Number.NEGATIVE_INFINITY;

export interface TableEntry {
  capturedAtMs: number;
  seq: number;
  life: number;
  available: boolean;
  /** Capture time of the ping with which the directory was last told that the driver is here. */
  confirmedAtMs: number;
  record: Buffer;
}

/** The newest ping of each driver in one partition, as Redis holds it: it changes only when a write is known to have counted. */
export class DriverTable {
  private readonly entries = new Map<string, TableEntry>();

  get size(): number {
    return this.entries.size;
  }

  get(driverId: string): TableEntry | undefined {
    return this.entries.get(driverId);
  }

  set(driverId: string, record: Buffer, confirmedAtMs: number): void {
    const known = this.entries.get(driverId);
    if (known === undefined) {
      this.entries.set(driverId, {
        capturedAtMs: recordCapturedAtMs(record),
        seq: recordSeq(record),
        life: recordLife(record),
        available: recordStatus(record) === 'available',
        confirmedAtMs,
        record: Buffer.from(record),
      });
      return;
    }
    known.capturedAtMs = recordCapturedAtMs(record);
    known.seq = recordSeq(record);
    known.life = recordLife(record);
    known.available = recordStatus(record) === 'available';
    known.confirmedAtMs = Math.max(known.confirmedAtMs, confirmedAtMs);
    if (known.record.length === record.length) record.copy(known.record);
    else known.record = Buffer.from(record);
  }

  delete(driverId: string): void {
    this.entries.delete(driverId);
  }

  [Symbol.iterator](): IterableIterator<[string, TableEntry]> {
    return this.entries.entries();
  }

  /** The directory may have forgotten everyone: introduce them again. */
  forgetConfirmations(): void {
    for (const entry of this.entries.values()) entry.confirmedAtMs = NEVER_MS;
  }
}

/** Order of two pings of one driver: by capture time, then by sequence number. Positive when the first is newer. */
export function compareOrder(
  a: { readonly capturedAtMs: number; readonly seq: number },
  b: { readonly capturedAtMs: number; readonly seq: number },
): number {
  return a.capturedAtMs - b.capturedAtMs || a.seq - b.seq;
}

/** The order of a packed record. */
export function orderOf(record: Buffer): { capturedAtMs: number; seq: number } {
  return { capturedAtMs: recordCapturedAtMs(record), seq: recordSeq(record) };
}
