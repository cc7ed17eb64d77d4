import type { Claims } from '@hexfleet/access';
import { BearerClaims, Problem, Roles } from '@hexfleet/web-edge';
import { type PingAnswer, readPingRequest } from '@hexfleet/wire';
import { Body, Controller, HttpCode, Inject, Post } from '@nestjs/common';
import { GATEWAY_SETTINGS, type GatewaySettings } from './gateway-settings.js';
import { PingIntake } from './intake/ping-intake.js';
import { anotherDriver, namesAnotherDriver, senderOf } from './intake/sender.js';
import type { Submission } from './intake/submission.js';

/** Pings over HTTP: one request, one answer, once the stream has acknowledged what it took. */
@Controller('v1')
export class PingsController {
  constructor(
    private readonly intake: PingIntake,
    @Inject(GATEWAY_SETTINGS) private readonly settings: GatewaySettings,
  ) {}

  @Post('pings')
  @HttpCode(202)
  @Roles('driver')
  driverPings(@Body() body: unknown, @BearerClaims() claims: Claims): Promise<PingAnswer> {
    return this.#take(body, claims);
  }

  @Post('fleet/pings')
  @HttpCode(202)
  @Roles('fleet')
  fleetPings(@Body() body: unknown, @BearerClaims() claims: Claims): Promise<PingAnswer> {
    return this.#take(body, claims);
  }

  async #take(body: unknown, claims: Claims): Promise<PingAnswer> {
    const reading = readPingRequest(body);
    if (reading.invalid !== undefined) throw new Problem('invalid_request', reading.invalid);
    const sender = senderOf(claims);
    if (namesAnotherDriver(reading.request.pings, sender)) throw anotherDriver();
    const settled = await new Promise<Submission>((resolve) => this.intake.submit(reading.request, sender, resolve));
    if (!settled.isUnavailable) return settled.answer();
    const { retryAfterSeconds } = this.settings;
    throw new Problem('unavailable', 'no ping of these is known to be accepted, send them again', {
      retryAfterSeconds,
    });
  }
}
