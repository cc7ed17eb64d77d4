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
  /** False when there surely are none: asked every second, and a table is large. */
  private mayHoldUnconfirmed = false;

  get size(): number {
    return this.entries.size;
  }

  get(driverId: string): TableEntry | undefined {
    return this.entries.get(driverId);
  }

  set(driverId: string, record: Buffer, confirmedAtMs: number): void {
    const known = this.entries.get(driverId);
    if (known === undefined) {
      if (confirmedAtMs === NEVER_MS) this.mayHoldUnconfirmed = true;
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
    if (known.record.length === record.length) overwrite(known.record, record);
    else known.record = Buffer.from(record);
  }

  delete(driverId: string): void {
    this.entries.delete(driverId);
  }

  [Symbol.iterator](): IterableIterator<[string, TableEntry]> {
    return this.entries.entries();
  }

  /** Up to `max` drivers of whom the directory has not been told, or may have forgotten. */
  unconfirmed(max: number): [driverId: string, entry: TableEntry][] {
    const found: [string, TableEntry][] = [];
    if (!this.mayHoldUnconfirmed) return found;
    for (const [driverId, entry] of this.entries) {
      if (found.length === max) return found;
      if (entry.confirmedAtMs === NEVER_MS) found.push([driverId, entry]);
    }
    this.mayHoldUnconfirmed = found.length > 0;
    return found;
  }

  /** The directory may have forgotten everyone: introduce them again. */
  forgetConfirmations(): void {
    this.mayHoldUnconfirmed = true;
    for (const entry of this.entries.values()) entry.confirmedAtMs = NEVER_MS;
  }
}

/** A record is so short that a loop beats a call into the runtime. */
function overwrite(target: Buffer, source: Buffer): void {
  for (let i = 0; i < source.length; i++) target[i] = source[i] as number;
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
