import type { WatchedDecision } from '@hexfleet/load-shedding';
import { DRIVER_ID_PATTERN } from '@hexfleet/ping';
import type { ControlBus } from '@hexfleet/ping-bus';
import { Problem, Roles } from '@hexfleet/web-edge';
import { Controller, Get, Inject, Param } from '@nestjs/common';
import { CONTROL_BUS } from './tokens.js';

/** A gateway's answer on a driver. Being asked, it watches the driver for some time. */
interface GatewayDecisions {
  readonly gateway: string;
  readonly watchedUntilMs: number;
  readonly decisions: readonly WatchedDecision[];
}

/** A driver's pings may come to any gateway, so all of them are waited for. */
const GATHER_MS = 300;

@Controller('v1/drivers')
export class DecisionsController {
  constructor(@Inject(CONTROL_BUS) private readonly bus: ControlBus) {}

  /** The last decisions on a driver's pings, newest first. */
  @Roles('viewer', 'ops')
  @Get(':driverId/decisions')
  async decisions(@Param('driverId') driverId: string) {
    if (!DRIVER_ID_PATTERN.test(driverId)) throw new Problem('invalid_request', 'this is no driver id');
    const told = await this.bus.ask('decisions', { driverId }, { waitMs: GATHER_MS });
    const replies = told.filter(isReply);
    if (replies.length === 0) throw new Problem('unavailable', 'no gateway answers');
    return {
      driverId,
      watchedUntilMs: Math.max(...replies.map(({ watchedUntilMs }) => watchedUntilMs)),
      decisions: replies.flatMap(({ decisions }) => decisions.filter(isDecision)).sort((a, b) => b.atMs - a.atMs),
    };
  }
}

/** Another release may answer in another way: that is no answer. */
function isReply(value: unknown): value is GatewayDecisions {
  const told = value as Partial<GatewayDecisions> | null;
  return Array.isArray(told?.decisions) && Number.isFinite(told.watchedUntilMs);
}

function isDecision(value: unknown): value is WatchedDecision {
  return Number.isFinite((value as Partial<WatchedDecision> | null)?.atMs);
}
