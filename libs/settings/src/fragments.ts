import { DEFAULT_HYGIENE } from '@hexfleet/ping';
import { z } from 'zod';
import { decimal, durationMs, integer, oneOf, port, secret, text, url, urlList } from './variables.js';

/**
 * Groups of settings that several apps have in common, to be spread into an app's own schema. A key names its variable:
 * `natsUrl` is read from HEXFLEET_NATS_URL.
 */

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

/** Every app: its fleet's name (prefix of keys and streams), where it listens and how many it takes, how much it says. */
export const commonSettings = {
  name: text(/^[A-Za-z0-9_-]{1,32}$/, '1 to 32 letters, digits, _ or -').default('hexfleet'),
  host: z.string().default('127.0.0.1'),
  port: port(0),
  logLevel: oneOf(LOG_LEVELS).default('info'),
  /** Most HTTP connections; one more is closed unread. */
  maxConnections: integer(1, 1_000_000).default(10_000),
  /** Most HTTP requests under way; one more is answered `503`. */
  maxRequests: integer(1, 1_000_000).default(10_000),
};

export const natsSettings = {
  natsUrl: url('nats:', 'tls:').default('nats://127.0.0.1:4222'),
};

/** The apps that look after the stream. */
export const streamSettings = {
  /** Most bytes that the stream may take on NATS's disk: past it pings are shed as `overload`. Raised, never lowered. */
  streamMaxBytes: integer(1_048_576, 2 ** 49).default(1_073_741_824),
};

export const redisSettings = {
  redisUrls: urlList('redis:', 'rediss:').default(['redis://127.0.0.1:6379']),
};

/** What all apps of one fleet must agree on. */
export const layoutSettings = {
  partitions: integer(1, 4_096).default(64),
  /** H3 resolution of home cells. */
  resolution: integer(0, 15).default(7),
  /** How long a position is shown after its driver's last ping. */
  ttlMs: durationMs(1_000, 3_600_000).default(60_000),
};

/**
 * Hygiene: what a ping must be to be admitted. Operators change it at run time; these are the bounds of a fleet's first
 * policy, and those that a gateway goes by until it has heard of one.
 */
export const hygieneSettings = {
  maxAgeMs: durationMs(1_000, 3_600_000).default(DEFAULT_HYGIENE.maxAgeMs),
  futureToleranceMs: durationMs(0, 600_000).default(DEFAULT_HYGIENE.futureToleranceMs),
  maxAccuracyM: decimal(1, 100_000).default(DEFAULT_HYGIENE.maxAccuracyM),
  /** Raise it for replays that run faster than life. */
  maxSpeedMps: decimal(1, 1_000_000).default(DEFAULT_HYGIENE.maxSpeedMps),
};

/** Where tokens get their trust from: exactly one of the first three, see `EXACTLY_ONE_OF`. */
export const jwtSettings = {
  /** HS256. */
  jwtSecret: secret(32).optional(),
  /** RS256 or ES256, a public key in PEM. */
  jwtKeyFile: z.string().optional(),
  /** RS256 or ES256, keys fetched from here. Plain http is for tests and side-cars on this machine. */
  jwksUrl: url('https:', 'http:').optional(),
  jwtIssuer: z.string().optional(),
  jwtAudience: z.string().optional(),
};

/** Sets of keys of which an app that has them all must be given exactly one. */
export const EXACTLY_ONE_OF: readonly (readonly string[])[] = [['jwtSecret', 'jwtKeyFile', 'jwksUrl']];
