import type { GatewaySignals, PartitionSignal } from '@hexfleet/load-shedding';
import { Problem, Roles } from '@hexfleet/web-edge';
import { Controller, Get, Inject } from '@nestjs/common';
import { type OpsSettings, SETTINGS } from '../settings.js';
import { FleetReports } from './fleet-reports.js';
import { newestOwners } from './newest-owners.js';

interface PartitionPressure extends Omit<PartitionSignal, 'lagMs'> {
  readonly writer: string;
  /** Age of the oldest ping not yet written. */
  readonly lagSeconds: number;
}

interface FleetPressure {
  readonly asOfMs: number;
  /** By partition, each as its owner tells it. */
  readonly partitions: readonly PartitionPressure[];
  /** True when there are partitions of which nobody tells anything. */
  readonly silent: boolean;
  /** The largest factor by which a gateway stretches bounds on silence, 1 when they hold everywhere. */
  readonly silenceStretch: number;
  readonly gateways: readonly GatewaySignals[];
}

@Controller('v1/pressure')
export class PressureController {
  constructor(
    private readonly reports: FleetReports,
    @Inject(SETTINGS) private readonly settings: OpsSettings,
  ) {}

  @Roles('viewer', 'ops')
  @Get()
  pressure(): FleetPressure {
    const [writers, gateways] = [this.reports.writers(), this.reports.gateways()];
    if (writers.length + gateways.length === 0) throw new Problem('unavailable', 'no writer and no gateway reports');
    const partitions = newestOwners(writers).map(({ lagMs, ...row }) => ({ ...row, lagSeconds: lagMs / 1_000 }));
    return {
      asOfMs: Date.now(),
      partitions,
      silent: partitions.length < this.settings.partitions,
      silenceStretch: largestStretch(gateways),
      gateways,
    };
  }
}

function largestStretch(gateways: readonly GatewaySignals[]): number {
  return gateways
    .flatMap(({ partitions }) => partitions)
    .reduce((largest, { silenceStretch }) => Math.max(largest, silenceStretch), 1);
}
