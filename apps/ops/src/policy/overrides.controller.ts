import { randomUUID } from 'node:crypto';
import type { Claims } from '@hexfleet/access';
import { homeCellsOf, isNamedCell } from '@hexfleet/cells';
import {
  type Override,
  overridesInForce,
  type PolicyState,
  readOverride,
  type Transition,
  withOverride,
  withoutOverride,
} from '@hexfleet/shed-policy';
import { BearerClaims, type FastifyReply, Roles } from '@hexfleet/web-edge';
import { Body, Controller, Delete, Get, Headers, HttpCode, Param, Post, Query, Res } from '@nestjs/common';
import { PolicyDesk } from './policy-desk.js';
import { tellVersion } from './policy-headers.js';
import { reasonOf } from './query.js';

@Controller('v1/overrides')
export class OverridesController {
  constructor(private readonly desk: PolicyDesk) {}

  @Roles('viewer', 'ops')
  @Get()
  async list(@Res({ passthrough: true }) reply: FastifyReply): Promise<{ readonly overrides: readonly Override[] }> {
    const state = await this.desk.current();
    tellVersion(reply, state);
    return { overrides: overridesInForce(state, Date.now()) };
  }

  @Roles('ops')
  @Post()
  async add(
    @Body() body: unknown,
    @BearerClaims() { subject: author }: Claims,
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Override | undefined> {
    const marks = { id: randomUUID(), author, createdAtMs: Date.now() };
    const state = await this.desk.change((present) => this.#added(present, body, marks), ifMatch);
    tellVersion(reply, state);
    reply.header('location', `/v1/overrides/${marks.id}`);
    return state.overrides.find(({ id }) => id === marks.id);
  }

  @Roles('ops')
  @Delete(':id')
  @HttpCode(204)
  async end(
    @Param('id') id: string,
    @BearerClaims() { subject: author }: Claims,
    @Headers('if-match') ifMatch: string | undefined,
    @Query('reason') reason: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    const by = { author, atMs: Date.now(), ...reasonOf(reason) };
    tellVersion(reply, await this.desk.change((present) => withoutOverride(present, id, by), ifMatch));
  }

  #added(state: PolicyState, body: unknown, marks: Pick<Override, 'id' | 'author' | 'createdAtMs'>): Transition {
    const { ttlMs, resolution } = this.desk.settings;
    const homeCellsIn = (cell: string) =>
      isNamedCell(cell, resolution) ? homeCellsOf(cell, resolution).length : undefined;
    const reading = readOverride(body, { ttlMs, homeCellsIn, state, nowMs: marks.createdAtMs });
    return reading.ok
      ? withOverride(state, { ...marks, ...reading.value })
      : { ok: false, kind: 'invalid', faults: reading.faults };
  }
}
