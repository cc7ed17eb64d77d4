import { table } from './text-table.js';

/** `GET /v1/partitions`. */
export interface PartitionsView {
  readonly asOfMs: number;
  readonly partitions: readonly {
    readonly partition: number;
    readonly writer: string;
    readonly epoch: number;
    readonly lagSeconds: number;
    readonly drivers: number;
  }[];
  readonly unowned: readonly number[];
  readonly writers: readonly {
    readonly writer: string;
    readonly startedAtMs: number;
    readonly draining: boolean;
    readonly partitions: number;
    readonly drivers: number;
  }[];
}

/** Who owns what: the writers, then each partition. */
export function partitionsLines({ asOfMs, partitions, unowned, writers }: PartitionsView): string[] {
  return [
    ...(unowned.length > 0 ? [`NOBODY WRITES ${unowned.length} PARTITIONS: ${unowned.join(', ')}`, ''] : []),
    ...table(
      ['writer', 'partitions', 'drivers', 'up for', ''],
      writers.map(({ writer, partitions: owned, drivers, startedAtMs, draining }) => [
        writer,
        String(owned),
        drivers.toLocaleString('en-US'),
        `${Math.max(0, Math.round((asOfMs - startedAtMs) / 1_000))} s`,
        draining ? 'leaving' : '',
      ]),
    ),
    '',
    ...table(
      ['partition', 'epoch', 'lag', 'drivers', 'writer'],
      partitions.map(({ partition, epoch, lagSeconds, drivers, writer }) => [
        String(partition),
        String(epoch),
        `${lagSeconds.toFixed(2)} s`,
        drivers.toLocaleString('en-US'),
        writer,
      ]),
    ),
  ];
}
