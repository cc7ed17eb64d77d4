import type { LatLng } from '@hexfleet/geodesy';
import type { Status } from '@hexfleet/ping';
import type { ShedPolicy } from '@hexfleet/shed-policy';
import type { ErrorSummary } from '@hexfleet/shed-trial';

/** Cars that drive in one place, and ping or are still together. */
export interface FleetGroup {
  readonly name: string;
  readonly drivers: number;
  /** San Francisco where it is missing. */
  readonly center?: LatLng;
  readonly radiusM?: number;
}

/** What a fleet's process sends, and how. */
export interface FleetPlan {
  readonly groups: readonly FleetGroup[];
  /** Between two readings of a driver. */
  readonly intervalMs: number;
  /** Frames are dealt to them in turn, whoever's pings they hold. */
  readonly gatewayUrls: readonly string[];
  readonly token: string;
  /** Of each gateway. */
  readonly connections: number;
  /** Most in a frame. */
  readonly pingsAtOnce: number;
  /** Of the drivers, those whose apps obey hints. Their pings must travel alone. */
  readonly obey: number;
  /** Past it nothing is sent any more, whatever it was told. */
  readonly mostSeconds: number;
}

export type FleetOrder =
  /** From now on these groups ping, and no others. */
  | { readonly kind: 'offer'; readonly groups: readonly string[] }
  /** Bounds on silence that urgent pings are told by from now on. */
  | { readonly kind: 'bounds'; readonly maxSilenceMs: ShedPolicy['maxSilenceMs'] }
  /** Tell of what was settled since the last time: answered with a `FleetReport`. */
  | { readonly kind: 'report' };

/** Pings of one second, by when they left. */
export interface SecondOfPings {
  readonly second: number;
  readonly sent: number;
  readonly accepted: number;
}

export interface PartitionOfPings {
  readonly partition: number;
  readonly decided: number;
  readonly shed: number;
}

export interface SilenceReport {
  readonly pings: number;
  /** Up to a ping that was decided on. */
  readonly longestMs: number;
  /** Pings at which their driver had been silent for longer than its bound. */
  readonly beyondBound: number;
}

/** Pings that were shed though one that counts less was admitted, by the same thresholds. */
export interface InversionReport {
  /** Shed pings, a lower one of which was admitted beside them in the same frame, or shed: so many could be inverted. */
  readonly compared: number;
  readonly inverted: number;
}

/** Of the pings that got their answer since the last report. */
export interface FleetReport {
  /** Readings of phones; all others are a part of them. */
  readonly readings: number;
  readonly heldBack: number;
  readonly accepted: number;
  readonly shed: number;
  readonly rejected: number;
  /** Unavailable, refused as a whole, or without an answer. */
  readonly failed: number;
  /** Not sent, because too much was without an answer. */
  readonly skipped: number;
  /** Between each reading and what readers believed once it was settled; those of drivers never heard of are left out. */
  readonly error: ErrorSummary;
  readonly silence: Readonly<Record<Status, SilenceReport>>;
  readonly inFrames: InversionReport;
  readonly inWindows: InversionReport;
  readonly partitions: readonly PartitionOfPings[];
  readonly seconds: readonly SecondOfPings[];
}
