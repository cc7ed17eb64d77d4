import { createPublicKey, createSecretKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRemoteJWKSet, type JWTVerifyGetKey } from 'jose';

const MIN_SECRET_CHARACTERS = 32;
const MIN_RSA_BITS = 2_048;
const JWKS_TIMEOUT_MS = 3_000;
const JWKS_COOLDOWN_MS = 10_000;
const JWKS_MAX_AGE_MS = 600_000;

/** Where trust comes from, as `jwtSettings` gives it: exactly one of the three. */
export interface TokenKeySettings {
  readonly jwtSecret?: string | undefined;
  readonly jwtKeyFile?: string | undefined;
  readonly jwksUrl?: string | undefined;
}

/**
 * A key with the algorithms that it may be used with. They are pinned by the kind of key, never taken from the token: else
 * a token signed with a public key as an HMAC secret, or with `alg: none`, would pass.
 */
export interface TokenKey {
  readonly algorithms: readonly string[];
  readonly key: KeyObject | JWTVerifyGetKey;
}

/** @throws Error that says what is wrong with the settings or the key file. */
export function tokenKeyOf({ jwtSecret, jwtKeyFile, jwksUrl }: TokenKeySettings): TokenKey {
  const given = [jwtSecret, jwtKeyFile, jwksUrl].filter((value) => value !== undefined);
  if (given.length !== 1) throw new Error('exactly one of a JWT secret, a key file and a JWKS URL must be set');
  if (jwtSecret !== undefined) return { algorithms: ['HS256'], key: secretKey(jwtSecret) };
  if (jwtKeyFile !== undefined) return publicKey(readFileSync(jwtKeyFile, 'utf8'), jwtKeyFile);
  const remoteKeys = createRemoteJWKSet(new URL(jwksUrl as string), {
    timeoutDuration: JWKS_TIMEOUT_MS,
    cooldownDuration: JWKS_COOLDOWN_MS,
    cacheMaxAge: JWKS_MAX_AGE_MS,
  });
  return { algorithms: ['RS256', 'ES256'], key: remoteKeys };
}

/** @throws Error when the secret is shorter than 32 characters. */
export function secretKey(secret: string): KeyObject {
  if (secret.length < MIN_SECRET_CHARACTERS) {
    throw new Error(`a JWT secret has at least ${MIN_SECRET_CHARACTERS} characters`);
  }
  return createSecretKey(secret, 'utf8');
}

function publicKey(pem: string, path: string): TokenKey {
  const key = createPublicKey(pem);
  const details = key.asymmetricKeyDetails;
  if (key.asymmetricKeyType === 'rsa' && (details?.modulusLength ?? 0) >= MIN_RSA_BITS) {
    return { algorithms: ['RS256'], key };
  }
  if (key.asymmetricKeyType === 'ec' && details?.namedCurve === 'prime256v1') return { algorithms: ['ES256'], key };
  throw new Error(`${path}: the public key must be RSA of at least ${MIN_RSA_BITS} bits, or EC on P-256`);
}
