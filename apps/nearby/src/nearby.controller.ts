import type { Claims } from '@hexfleet/access';
import { BearerClaims, Problem, Roles } from '@hexfleet/web-edge';
import { Controller, Get, Header, Query } from '@nestjs/common';
import { type NearbyDriver, nearbyDriver } from './driver-views.js';
import { NearbyMetrics } from './nearby-metrics.js';
import { parseNearbyQuery } from './nearby-query.js';
import { NearestDrivers } from './nearest-drivers.js';
import { Pseudonyms } from './pseudonyms.js';

interface NearbyReply {
  readonly asOfMs: number;
  readonly degraded: boolean;
  readonly drivers: readonly NearbyDriver[];
}

@Controller('v1/drivers/nearby')
export class NearbyController {
  constructor(
    private readonly nearest: NearestDrivers,
    private readonly pseudonyms: Pseudonyms,
    private readonly metrics: NearbyMetrics,
  ) {}

  @Get()
  @Roles('rider', 'fleet', 'ops')
  @Header('cache-control', 'no-store')
  async nearby(@Query() parameters: Record<string, unknown>, @BearerClaims() claims: Claims): Promise<NearbyReply> {
    const parsed = parseNearbyQuery(parameters, claims.role);
    if (!parsed.ok) throw new Problem('invalid_request', parsed.faults.join('; '));

    const stopTimer = this.metrics.nearestSeconds.startTimer();
    const asOfMs = Date.now();
    const answer = await this.nearest.nearest(parsed.query, asOfMs);
    stopTimer();
    if (answer === undefined) throw new Problem('unavailable', 'positions can not be read at the moment');
    this.metrics.rings.observe(answer.rings);
    if (answer.degraded) this.metrics.degraded.inc();

    const nameOf = claims.role === 'rider' ? this.pseudonymOf(asOfMs) : driverIdOf;
    const drivers = answer.drivers.map((nearest) => nearbyDriver(nearest, nameOf, asOfMs));
    return { asOfMs, degraded: answer.degraded, drivers };
  }

  private pseudonymOf(nowMs: number): (driverId: string, life: number) => string {
    return (driverId, life) => this.pseudonyms.of(driverId, life, nowMs);
  }
}

const driverIdOf = (driverId: string) => driverId;
