import { machineName } from '@hexfleet/settings';
import type { Secrets } from '../secrets.js';
import type { StartOptions } from './start-options.js';

/**
 * What the apps are told: the caller's own HEXFLEET_ variables go on to them (partitions, log level …), except where
 * `start` itself decides. Tokens are always trusted by the data folder's secret here, so other trust is taken out.
 */
export function appEnvironment(
  options: StartOptions,
  secrets: Secrets,
  urls: { readonly nats: string; readonly redis: readonly string[] },
  inherited: NodeJS.ProcessEnv = process.env,
): NodeJS.ProcessEnv {
  const { HEXFLEET_JWT_KEY_FILE, HEXFLEET_JWKS_URL, HEXFLEET_JWT_ISSUER, HEXFLEET_JWT_AUDIENCE, ...env } = inherited;
  return {
    ...env,
    HEXFLEET_NATS_URL: urls.nats,
    HEXFLEET_REDIS_URLS: urls.redis.join(','),
    HEXFLEET_JWT_SECRET: secrets.jwtSecret,
    HEXFLEET_PSEUDONYM_SECRET: secrets.pseudonymSecret,
    ...(options.ttl !== undefined && { HEXFLEET_TTL_MS: String(options.ttl) }),
    ...(options.maxSpeedMps !== undefined && { HEXFLEET_MAX_SPEED_MPS: String(options.maxSpeedMps) }),
    ...(options.writerLimit !== undefined && { HEXFLEET_WRITER_LIMIT: String(options.writerLimit) }),
  };
}

/** As the location-writer takes them. */
const MOST_ID_CHARS = 64;

/**
 * Each writer has a name of its own, which it keeps when it is started again, and with it its share of the partitions. A name
 * that the caller gives is the beginning of all of theirs.
 */
export function writerEnvironment(env: NodeJS.ProcessEnv, number: number): NodeJS.ProcessEnv {
  const suffix = `-${number}`;
  const given = env.HEXFLEET_WRITER_ID ?? `${machineName()}-${process.pid}`;
  return { ...env, HEXFLEET_WRITER_ID: given.slice(0, MOST_ID_CHARS - suffix.length) + suffix };
}
