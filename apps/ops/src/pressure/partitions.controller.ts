import { Problem, Roles } from '@hexfleet/web-edge';
import type { OwnedPartition, WriterBeat } from '@hexfleet/writer-membership';
import { Controller, Get, Inject } from '@nestjs/common';
import { type OpsSettings, SETTINGS } from '../settings.js';
import { FleetReports } from './fleet-reports.js';
import { newestOwners } from './newest-owners.js';

interface OwnedView extends Omit<OwnedPartition, 'lagMs'> {
  readonly writer: string;
  /** Age of the oldest ping not yet written. */
  readonly lagSeconds: number;
}

interface WriterView extends Omit<WriterBeat, 'session' | 'leaseMs' | 'partitions'> {
  /** How many it owns. */
  readonly partitions: number;
  readonly drivers: number;
}

interface PartitionsView {
  readonly asOfMs: number;
  /** By number. */
  readonly partitions: readonly OwnedView[];
  /** Those that no writer says it writes. */
  readonly unowned: readonly number[];
  readonly writers: readonly WriterView[];
}

@Controller('v1/partitions')
export class PartitionsController {
  constructor(
    private readonly reports: FleetReports,
    @Inject(SETTINGS) private readonly settings: OpsSettings,
  ) {}

  @Roles('viewer', 'ops')
  @Get()
  partitions(): PartitionsView {
    const beats = this.reports.beats();
    if (!this.reports.knowsWriters) throw new Problem('unavailable', 'no writer was heard yet, or NATS is away');
    const owners = newestOwners(beats);
    const owned = new Set(owners.map(({ partition }) => partition));
    return {
      asOfMs: Date.now(),
      partitions: owners.map(({ lagMs, ...row }) => ({ ...row, lagSeconds: lagMs / 1_000 })),
      unowned: Array.from({ length: this.settings.partitions }, (_, p) => p).filter((p) => !owned.has(p)),
      writers: beats.map(({ session, leaseMs, partitions, ...beat }) => ({
        ...beat,
        partitions: partitions.length,
        drivers: partitions.reduce((sum, { drivers }) => sum + drivers, 0),
      })),
    };
  }
}
