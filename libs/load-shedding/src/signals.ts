/**
 * What apps tell one another about pressure, several times a second, over NATS. All are plain JSON. The subjects carry the
 * fleet's name; who listens drops what is older than `SIGNAL_TIMEOUT_MS`: silence is pressure, not calm.
 */
export const SIGNAL_TIMEOUT_MS = 1_000;

/** One partition as its owner sees it. */
export interface PartitionSignal {
  readonly partition: number;
  readonly epoch: number;
  /** Age of the oldest ping that has not been written. */
  readonly lagMs: number;
  /** The share of pings that gateways are to admit here, 1 when there is no pressure. */
  readonly share: number;
  /** Messages of the partition that the stream holds and its owner has not taken in. */
  readonly backlogMessages: number;
  readonly written: number;
  readonly superseded: number;
  readonly expired: number;
}

/** A writer's report. */
export interface WriterSignals {
  readonly writer: string;
  readonly atMs: number;
  readonly partitions: readonly PartitionSignal[];
}

/** How far a gateway has gone against its own overload; each stage includes those before it. */
export const OVERLOAD_STAGES = [
  'calm',
  'shed_more',
  'decide_before_decoding',
  'read_slower',
  'refuse_connections',
] as const;
export type OverloadStage = (typeof OVERLOAD_STAGES)[number];

/** What a gateway does in one partition: only of those where pings came in lately. */
export interface GatewayPartition {
  readonly partition: number;
  /** Valid pings a second that came in, before shedding. */
  readonly offeredPerSecond: number;
  /** The share that it admits now, from its owner's signal or for want of one by itself. */
  readonly share: number;
  /** Value, in weighted metres, that a ping must have; 0 when none is shed. */
  readonly thresholdM: number;
  /** By how much silence bounds are stretched; 1 when they hold. */
  readonly silenceStretch: number;
}

/** A gateway's report. */
export interface GatewaySignals {
  readonly gateway: string;
  readonly atMs: number;
  /** The version of the policy that it runs; 0 before it has heard of any. */
  readonly policyVersion: number;
  readonly stage: OverloadStage;
  /** 0…1: share of the event loop's time that is busy. */
  readonly loopUtilization: number;
  readonly publishAckMs: number;
  readonly bufferedBytes: number;
  /** The share that it admits for its own sake, 1 when it has no trouble of its own. */
  readonly ownShare: number;
  readonly partitions: readonly GatewayPartition[];
}

/** A decision on a ping of a watched driver, with all that it followed from. */
export interface WatchedDecision {
  readonly gateway: string;
  readonly atMs: number;
  readonly capturedAtMs: number;
  readonly seq: number;
  readonly status: string;
  readonly partition: number;
  readonly outcome: 'admitted' | 'shed';
  /** Why it was shed. */
  readonly code?: string;
  /** Of a shadow policy: it would have been shed, and wasn't. */
  readonly isShadow: boolean;
  /** Metres between the fix and where riders believe the driver to be; missing where nothing is remembered. */
  readonly errorM?: number;
  readonly valueM: number;
  readonly silenceMs: number;
  readonly isUrgent: boolean;
  /** Of an urgent ping: silence by the next ping over the bound, weighed by status and chance; compared with `stretch`. */
  readonly urgency?: number;
  /** By how much bounds were stretched then. */
  readonly stretch: number;
  readonly thresholdM: number;
  readonly share: number;
  readonly policyVersion: number;
}

/**
 * A report as it came in, or undefined where it is none: another release may speak on the same subject. Rows that can't be
 * right are left out.
 */
export function readWriterSignals(value: unknown): WriterSignals | undefined {
  const told = value as Partial<WriterSignals> | null;
  if (typeof told?.writer !== 'string' || !Array.isArray(told.partitions)) return undefined;
  const isSound = (row: Partial<PartitionSignal> | null) =>
    isIndex(row?.partition) && [row?.epoch, row?.lagMs].every(Number.isFinite) && isShare(row?.share);
  return { ...(told as WriterSignals), partitions: told.partitions.filter(isSound) };
}

export function readGatewaySignals(value: unknown): GatewaySignals | undefined {
  const told = value as Partial<GatewaySignals> | null;
  if (typeof told?.gateway !== 'string' || !Array.isArray(told.partitions)) return undefined;
  const isSound = (row: Partial<GatewayPartition> | null) =>
    isIndex(row?.partition) &&
    [row?.offeredPerSecond, row?.thresholdM, row?.silenceStretch].every(Number.isFinite) &&
    isShare(row?.share);
  return { ...(told as GatewaySignals), partitions: told.partitions.filter(isSound) };
}

function isIndex(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 0;
}

function isShare(value: unknown): boolean {
  return Number.isFinite(value) && (value as number) >= 0 && (value as number) <= 1;
}
