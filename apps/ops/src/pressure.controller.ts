import { type PartitionPressure, Problem, Roles } from '@hexfleet/web-edge';
import { Controller, Get, Inject } from '@nestjs/common';
import { FLEET, type Fleet, WriterLink } from './writer-link.js';

interface OwnedPartition extends PartitionPressure {
  readonly writer: string;
}

interface FleetPressure {
  readonly asOfMs: number;
  /** By partition, each as its owner tells it. */
  readonly partitions: readonly OwnedPartition[];
  /** True when there are partitions of which nobody tells anything. */
  readonly silent: boolean;
}

@Controller('v1/pressure')
export class PressureController {
  constructor(
    private readonly writers: WriterLink,
    @Inject(FLEET) private readonly fleet: Fleet,
  ) {}

  @Roles('viewer', 'ops')
  @Get()
  async pressure(): Promise<FleetPressure> {
    const replies = await this.writers.pressure();
    if (replies.length === 0) throw new Problem('unavailable', 'no writer answers');
    const partitions = newestOwners(
      replies.flatMap(({ writer, partitions }) => partitions.map((partition) => ({ ...partition, writer }))),
    );
    return { asOfMs: Date.now(), partitions, silent: partitions.length < this.fleet.partitions };
  }
}

/** A partition that two writers claim in a moment of change belongs to the one of the higher epoch. */
function newestOwners(told: readonly OwnedPartition[]): OwnedPartition[] {
  const byPartition = new Map<number, OwnedPartition>();
  for (const row of told) {
    const known = byPartition.get(row.partition);
    if (known === undefined || known.epoch < row.epoch) byPartition.set(row.partition, row);
  }
  return [...byPartition.values()].sort((a, b) => a.partition - b.partition);
}
