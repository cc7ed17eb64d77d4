import { SignJWT } from 'jose';
import type { Claims } from './claims.js';
import { secretKey } from './token-key.js';

export interface TokenOrder {
  /** The secret that the apps hold, at least 32 characters. */
  readonly secret: string;
  readonly claims: Omit<Claims, 'expiresAtMs'>;
  readonly ttlSeconds: number;
  readonly issuer?: string | undefined;
  readonly audience?: string | undefined;
  readonly nowMs?: () => number;
}

/** Signs an HS256 token, for the embedded start, the command line and tests. */
export async function signToken(order: TokenOrder): Promise<string> {
  const { secret, claims, ttlSeconds, issuer, audience, nowMs = Date.now } = order;
  const issuedAtSeconds = Math.floor(nowMs() / 1_000);
  const { subject, role, maxStatus, vehicleClass, driverId } = claims;
  const token = new SignJWT({
    role,
    ...(maxStatus !== undefined && { maxStatus }),
    ...(vehicleClass !== undefined && { vehicleClass }),
    ...(driverId !== undefined && { driver: driverId }),
  })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setSubject(subject)
    .setIssuedAt(issuedAtSeconds)
    .setExpirationTime(issuedAtSeconds + ttlSeconds);
  if (issuer !== undefined) token.setIssuer(issuer);
  if (audience !== undefined) token.setAudience(audience);
  return token.sign(secretKey(secret));
}
