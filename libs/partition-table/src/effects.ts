import type { PingBatch } from '@hexfleet/ping-batch';
import type { PartitionTotals, StreamPosition } from './totals.js';

/**
 * A name under which a partition's keys lie: the owner's epoch, and a number that the owner raises whenever it is in doubt
 * about what became of a write. A write held up on its way reaches keys of an old name, which nobody reads.
 */
export interface Incarnation {
  readonly epoch: number;
  readonly k: number;
}

/** A message of the partition; `batch` is undefined where it could not be decoded, and then counts for nothing. */
export interface StreamBatch {
  readonly position: StreamPosition;
  readonly batch: PingBatch | undefined;
}

/** A driver that the directory says another partition took over from this one, to be cleared here. */
export interface Todo {
  readonly driverId: string;
  /** Names this entry of the list; a clear with an older token does nothing. */
  readonly token: number;
  /** When the newest ping was captured that the directory knows of. */
  readonly capturedAtMs: number;
  /** Where else the driver may be: its home, and homes not yet cleared. */
  readonly elsewhere: readonly number[];
}

export interface EnterRequest {
  readonly driverId: string;
  readonly capturedAtMs: number;
  /** The driver is in this partition's table already. */
  readonly holds: boolean;
  /** Claim the driver also on an exact tie: nobody else can be seen to have it. */
  readonly force: boolean;
  /** The spell of availability that the table knows, or −1 for what the directory knows. */
  readonly life: number;
  readonly available: boolean;
}

export interface Entered {
  readonly ok: boolean;
  readonly life: number;
  /** Not ok, because the directory was told of another ping of the same moment in this partition. */
  readonly tiedWith: number | undefined;
  /** Ok, though the directory was told before of a newer ping here, captured then. */
  readonly toldMs: number | undefined;
}

export interface EnterReply {
  readonly entered: readonly Entered[];
  readonly born: DirectoryBirths;
}

/** The directory's slots → an id that each got when it was made empty. A changed id means that the slot may have forgotten. */
export type DirectoryBirths = ReadonlyMap<number, string>;

export interface DriverWrite {
  readonly driverId: string;
  readonly record: Buffer;
}

export interface OwnerInput {
  readonly nowMs: number;
  readonly batches: readonly StreamBatch[];
  readonly todos: readonly Todo[];
  /** Empty when the directory was not asked since the last input. */
  readonly born: DirectoryBirths;
  /** Time for housekeeping: expiry, introductions, heartbeat. */
  readonly tick: boolean;
  /** Pings can come in: the stream is there and is read. */
  readonly isReading: boolean;
}

/** Records of a driver in other partitions. */
export type LookReply = readonly (readonly { readonly partition: number; readonly record: Buffer }[])[];

export interface ReplayReply {
  readonly batches: readonly StreamBatch[];
  readonly nowMs: number;
}

/**
 * `outdated`: this owner has claimed under a later name meanwhile. `empty`: the keys are gone, or can't be trusted. `doubt`: no
 * answer came; the owner claims under another name, because a claim that is sent twice may arrive for the second time when
 * Redis was put back to before the first, and would take what it finds for its own.
 */
export type ClaimReply =
  | { readonly kind: 'fenced' }
  | { readonly kind: 'outdated' }
  | { readonly kind: 'doubt' }
  | { readonly kind: 'empty' }
  | {
      readonly kind: 'built';
      /** The name that counted until this claim; 0.0 where none did. */
      readonly before: Incarnation;
      readonly n: number;
      readonly totals: PartitionTotals;
      readonly records: readonly DriverWrite[];
    };

/**
 * `other`: the keys have another name by now. `diverged`: what it was written onto is not what was expected. `doubt`: no answer
 * came.
 */
export type ApplyReply = 'ok' | 'other' | 'diverged' | 'doubt';
export type AdoptReply = 'ok' | 'other' | 'fenced' | 'doubt';

/** A driver whose newest ping, of all that the directory was told of, was lost before it was written. */
export interface Correction {
  readonly driverId: string;
  readonly toldMs: number;
  readonly capturedAtMs: number;
}

/** What an owner wants done, each with the reply that it is resumed with. */
export type OwnerEffect =
  /** Wait for input → OwnerInput. `totals` are what Redis holds now; `drivers` is the size of the table. */
  | { readonly kind: 'wait'; readonly totals: PartitionTotals; readonly drivers: number }
  /** Take the partition's keys under a new name, asking once → ClaimReply. `withRecords`: also read all records back. */
  | { readonly kind: 'claim'; readonly incarnation: Incarnation; readonly withRecords: boolean }
  /** Read the stream again up to its present end, from after `after` or from a TTL ago, whichever is earlier → ReplayReply. */
  | { readonly kind: 'replay'; readonly after: StreamPosition | undefined }
  /** The last totals saved outside of Redis → PartitionTotals. */
  | { readonly kind: 'recall' }
  /** Save the totals outside of Redis; no reply matters. */
  | { readonly kind: 'checkpoint'; readonly totals: PartitionTotals }
  /** Tell the directory that these drivers are here now → EnterReply. */
  | { readonly kind: 'enter'; readonly requests: readonly EnterRequest[] }
  /** What other partitions hold of these drivers → LookReply, in the order asked. */
  | {
      readonly kind: 'look';
      readonly wants: readonly { readonly driverId: string; readonly partitions: readonly number[] }[];
    }
  /** Write in one atomic step → ApplyReply. `asOfMs`: up to when pings have come in, for readers to see how old it all is. */
  | {
      readonly kind: 'apply';
      readonly incarnation: Incarnation;
      readonly n: number;
      readonly sets: readonly DriverWrite[];
      /** Those of `sets` that are farther than the slack from where they are indexed, or whose place there isn't known. */
      readonly moved: readonly DriverWrite[];
      readonly removals: readonly string[];
      /** How many drivers the partition holds after it; where Redis holds another number, some were lost there. */
      readonly holds: number;
      readonly totals: PartitionTotals;
      readonly changedPublishers: readonly string[];
      readonly asOfMs: number;
    }
  /** Build the whole table under the next name, then make that name the partition's → AdoptReply. */
  | {
      readonly kind: 'adopt';
      readonly from: Incarnation;
      readonly to: Incarnation;
      readonly n: number;
      readonly sets: readonly DriverWrite[];
      readonly totals: PartitionTotals;
      readonly asOfMs: number;
    }
  /** Set the directory back from what it was told of these drivers, where it is that still, to what is held of them. */
  | { readonly kind: 'correct'; readonly corrections: readonly Correction[] }
  /** Take these entries off the directory's list. */
  | { readonly kind: 'clear'; readonly todos: readonly Todo[] };
