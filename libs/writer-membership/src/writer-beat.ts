/** Where writers tell it, on the control bus. */
export const WRITER_BEATS = 'writers';

export interface OwnedPartition {
  readonly partition: number;
  readonly epoch: number;
  /** Age of the oldest ping not yet written. */
  readonly lagMs: number;
  readonly drivers: number;
}

/** What a writer tells all others several times a second, as plain JSON. */
export interface WriterBeat {
  readonly writer: string;
  /** Of one process: tells two that run under one name apart. */
  readonly session: string;
  readonly startedAtMs: number;
  /** Of its own settings: how soon its silence means that it is gone follows from it. */
  readonly leaseMs: number;
  /** It is about to stop: others are to take what it owns. */
  readonly draining: boolean;
  /** What it writes now. */
  readonly partitions: readonly OwnedPartition[];
}

/** A beat as it came in, or undefined where it is none: another release may speak on the same subject. */
export function readWriterBeat(value: unknown): WriterBeat | undefined {
  const told = value as Partial<WriterBeat> | null;
  if (typeof told?.writer !== 'string' || typeof told.session !== 'string' || !Array.isArray(told.partitions)) {
    return undefined;
  }
  if (!Number.isFinite(told.startedAtMs) || typeof told.draining !== 'boolean') return undefined;
  if (!Number.isFinite(told.leaseMs)) return undefined;
  const isSound = (row: Partial<OwnedPartition> | null) =>
    Number.isSafeInteger(row?.partition) &&
    Number.isSafeInteger(row?.epoch) &&
    Number.isFinite(row?.lagMs) &&
    Number.isFinite(row?.drivers);
  return { ...(told as WriterBeat), partitions: told.partitions.filter(isSound) };
}
