import { type Difference, differences, type PolicyState } from '@hexfleet/shed-policy';
import { Roles } from '@hexfleet/web-edge';
import { Controller, Get, Query } from '@nestjs/common';
import { PolicyDesk } from './policy-desk.js';
import { limitOf, versionOf } from './query.js';

@Controller('v1/audit')
export class AuditController {
  constructor(private readonly desk: PolicyDesk) {}

  /** Who changed what, when and why: an entry a version, newest first. */
  @Roles('viewer', 'ops')
  @Get()
  async audit(@Query('limit') limit: string | undefined, @Query('before') before: string | undefined) {
    const many = limitOf(limit);
    // One more, to tell what the oldest of them changed.
    const states = await this.desk.versions(many + 1, versionOf('before', before));
    const entries = states.slice(0, many).map((state, i) => {
      const { version, change } = state;
      return { version, ...change, changes: changesBetween(states[i + 1], state) };
    });
    return { entries };
  }
}

/** Nothing is told where the version before isn't kept any more. An override that had ended by itself is no change. */
function changesBetween(before: PolicyState | undefined, after: PolicyState): Difference[] {
  if (before === undefined) return [];
  const standing = before.overrides.filter(({ endsAtMs }) => endsAtMs > after.change.atMs);
  return differences(
    { ...before.policy, overrides: byId(standing) },
    { ...after.policy, overrides: byId(after.overrides) },
  );
}

function byId(overrides: PolicyState['overrides']): Readonly<Record<string, unknown>> {
  return Object.fromEntries(overrides.map(({ id, ...rest }) => [id, rest]));
}
