import type { Claims } from '@hexfleet/access';
import { RECORD_BYTES, recordCapturedAtMs } from '@hexfleet/driver-record';
import { LocationReader } from '@hexfleet/location-store';
import { DRIVER_ID_PATTERN } from '@hexfleet/ping';
import { BearerClaims, Problem, Roles } from '@hexfleet/web-edge';
import { Controller, Get, Header, Inject, Param } from '@nestjs/common';
import { AnsweredPositions } from './answered-positions.js';
import { type DriverPosition, driverPosition } from './driver-views.js';
import { NearbyMetrics } from './nearby-metrics.js';
import { TTL_MS } from './settings.js';

@Controller('v1/drivers')
export class DriverController {
  constructor(
    private readonly reader: LocationReader,
    private readonly answered: AnsweredPositions,
    private readonly metrics: NearbyMetrics,
    @Inject(TTL_MS) private readonly ttlMs: number,
  ) {}

  @Get(':driverId')
  @Roles('driver', 'rider', 'fleet', 'ops')
  @Header('cache-control', 'no-store')
  async position(@Param('driverId') driverId: string, @BearerClaims() claims: Claims): Promise<DriverPosition> {
    if (!maySee(claims, driverId)) throw new Problem('forbidden', 'the token does not name this driver');
    if (!DRIVER_ID_PATTERN.test(driverId)) throw new Problem('not_found', 'no driver can have this id');

    const stopTimer = this.metrics.driverSeconds.startTimer();
    const stored = await this.find(driverId);
    stopTimer();
    const nowMs = Date.now();
    const record = this.answered.atLeast(driverId, stored);
    if (record === undefined || nowMs - recordCapturedAtMs(record) > this.ttlMs) {
      throw new Problem('not_found', 'this driver has sent no position lately');
    }
    this.answered.note(driverId, record, nowMs);
    return driverPosition(driverId, record, nowMs);
  }

  private async find(driverId: string): Promise<Buffer | undefined> {
    try {
      const record = await this.reader.find(driverId);
      return record !== undefined && record.length >= RECORD_BYTES ? record : undefined;
    } catch (cause) {
      throw new Problem('unavailable', 'positions can not be read at the moment', { cause });
    }
  }
}

function maySee({ role, subject, driverId: namedDriverId }: Claims, driverId: string): boolean {
  if (role === 'driver') return subject === driverId;
  return role !== 'rider' || namedDriverId === driverId;
}
