import type { Status } from '@hexfleet/ping';

export const SHED_MODES = ['adaptive', 'fixed', 'off'] as const;
export type ShedMode = (typeof SHED_MODES)[number];

/** How load is shed: what operators set, version by version. All of it is in the reference of the operators' API. */
export interface ShedPolicy {
  /** `adaptive` follows the lag of each partition, `fixed` sheds a share of all, `off` leaves hygiene only. */
  readonly mode: ShedMode;
  /** Decides and counts, and drops nothing. */
  readonly shadow: boolean;
  /** With mode `fixed`: the share to shed, 0 to 1, of the least value. */
  readonly fixedLevel: number;
  /** With mode `adaptive`: how long a ping may wait for its writer before pings are shed. */
  readonly targetLagMs: number;
  /** A metre of error of a driver of this status counts as so many; never less for a higher status. */
  readonly weights: Readonly<Record<Status, number>>;
  /** How long a driver that pings may go without an admitted ping. */
  readonly maxSilenceMs: Readonly<Record<Status, number>>;
  readonly hygiene: PolicyHygiene;
}

/** The bounds of hygiene that operators may change at run time. */
export interface PolicyHygiene {
  readonly maxAgeMs: number;
  readonly futureToleranceMs: number;
  readonly maxAccuracyM: number;
  readonly maxSpeedMps: number;
}

/** A part of a policy: what it doesn't name stays as it is. */
export type PolicyPart = {
  readonly [Key in keyof ShedPolicy]?: ShedPolicy[Key] extends object ? Partial<ShedPolicy[Key]> : ShedPolicy[Key];
};

export const DEFAULT_POLICY: ShedPolicy = {
  mode: 'adaptive',
  shadow: false,
  fixedLevel: 0,
  targetLagMs: 500,
  weights: { on_trip: 4, en_route: 3, available: 2, idle: 1 },
  maxSilenceMs: { on_trip: 5_000, en_route: 8_000, available: 15_000, idle: 25_000 },
  hygiene: { maxAgeMs: 60_000, futureToleranceMs: 5_000, maxAccuracyM: 200, maxSpeedMps: 70 },
};

/** Which pings an override is for. */
export type OverrideScope =
  | { readonly all: true }
  | { readonly status: Status }
  /** H3 cells, at the layout's resolution or coarser. */
  | { readonly cells: readonly string[] };

/** A change of policy for some pings and for some time. It ends by itself. */
export interface Override {
  readonly id: string;
  readonly scope: OverrideScope;
  readonly policy: PolicyPart;
  readonly createdAtMs: number;
  readonly endsAtMs: number;
  readonly author: string;
  readonly reason: string;
}

/** Everything that operators have set, as it stands at one version. One document, so that a change is whole or isn't. */
export interface PolicyState {
  /** Counts changes of any kind, from 1. */
  readonly version: number;
  readonly policy: ShedPolicy;
  readonly overrides: readonly Override[];
  /** The change that made this version. */
  readonly change: PolicyChange;
}

export interface PolicyChange {
  readonly action: 'first_policy' | 'set_policy' | 'rollback' | 'add_override' | 'end_override';
  readonly author: string;
  readonly atMs: number;
  readonly reason?: string;
  /** Of a rollback: the version gone back to. Of an override: its id. */
  readonly toVersion?: number;
  readonly overrideId?: string;
}
