/**
 * Subjects of the requests that apps make of one another over core NATS (request and reply), for `@MessagePattern` on the
 * one side and `ClientProxy.send` on the other. Constants only: both sides may import this and nothing with it.
 */

/** "How far behind are you?" The request is a `PressureRequest`, the reply a `WriterPressure`. */
export const PRESSURE_SUBJECT = 'hexfleet.writers.pressure';

export interface PressureRequest {
  /** The name of the fleet that is asked about. */
  readonly fleet: string;
}

/** One partition as its owner sees it. The counts are the partition's totals since its stream began. */
export interface PartitionPressure {
  readonly partition: number;
  /** Age of the oldest ping not yet written. */
  readonly lagSeconds: number;
  readonly epoch: number;
  readonly written: number;
  readonly superseded: number;
  readonly expired: number;
}

/** A writer's reply: the partitions that it owns. */
export interface WriterPressure {
  /** The name of the writer's fleet: a reply from another fleet's writer is left aside. */
  readonly fleet: string;
  readonly writer: string;
  readonly partitions: readonly PartitionPressure[];
}
