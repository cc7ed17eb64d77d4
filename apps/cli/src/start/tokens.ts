import { type Role, signToken } from '@hexfleet/access';

const TTL_SECONDS = 30 * 24 * 3_600;
const ROLES = ['fleet', 'rider', 'viewer', 'ops'] as const satisfies readonly Role[];

/** A token of each role that `start` hands out, valid for 30 days. */
export type StartTokens = Readonly<Record<(typeof ROLES)[number], string>>;

export async function startTokens(secret: string): Promise<StartTokens> {
  const entries = ROLES.map(async (role) => {
    const claims = { subject: `local-${role}`, role };
    return [role, await signToken({ secret, claims, ttlSeconds: TTL_SECONDS })] as const;
  });
  return Object.fromEntries(await Promise.all(entries)) as StartTokens;
}
