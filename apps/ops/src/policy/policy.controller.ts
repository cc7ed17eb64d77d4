import type { Claims } from '@hexfleet/access';
import { readPolicy, readRollback, rolledBack, type ShedPolicy, withPolicy } from '@hexfleet/shed-policy';
import { BearerClaims, type FastifyReply, Problem, Roles } from '@hexfleet/web-edge';
import { Body, Controller, Get, Headers, HttpCode, Post, Put, Query, Res } from '@nestjs/common';
import { faulty, PolicyDesk } from './policy-desk.js';
import { tellVersion } from './policy-headers.js';
import { limitOf, reasonOf, versionOf } from './query.js';

@Controller('v1/policy')
export class PolicyController {
  constructor(private readonly desk: PolicyDesk) {}

  @Roles('viewer', 'ops')
  @Get()
  async read(@Res({ passthrough: true }) reply: FastifyReply): Promise<ShedPolicy> {
    const state = await this.desk.current();
    tellVersion(reply, state);
    return state.policy;
  }

  @Roles('ops')
  @Put()
  async replace(
    @Body() body: unknown,
    @BearerClaims() { subject: author }: Claims,
    @Headers('if-match') ifMatch: string | undefined,
    @Query('reason') reason: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ShedPolicy> {
    const reading = readPolicy(body, this.desk.settings);
    if (!reading.ok) throw faulty(reading.faults);
    const by = { author, atMs: Date.now(), ...reasonOf(reason) };
    const state = await this.desk.change((present) => withPolicy(present, reading.value, by), ifMatch);
    tellVersion(reply, state);
    return state.policy;
  }

  @Roles('ops')
  @Post('rollback')
  @HttpCode(200)
  async rollback(
    @Body() body: unknown,
    @BearerClaims() { subject: author }: Claims,
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ShedPolicy> {
    const reading = readRollback(body);
    if (!reading.ok) throw faulty(reading.faults);
    const { version, ...reason } = reading.value;
    const [to] = await this.desk.versions(1, version + 1);
    if (to?.version !== version) throw new Problem('not_found', `no version ${version} is kept`);
    const by = { author, atMs: Date.now(), ...reason };
    const state = await this.desk.change((present) => rolledBack(present, to, by, this.desk.settings), ifMatch);
    tellVersion(reply, state);
    return state.policy;
  }

  @Roles('viewer', 'ops')
  @Get('history')
  async history(@Query('limit') limit: string | undefined, @Query('before') before: string | undefined) {
    const states = await this.desk.versions(limitOf(limit), versionOf('before', before));
    return {
      versions: states.map(({ version, change, policy, overrides }) => ({ version, ...change, policy, overrides })),
    };
  }
}
