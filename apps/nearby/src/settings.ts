import {
  commonSettings,
  jwtSettings,
  layoutSettings,
  port,
  redisSettings,
  type SettingsOf,
  secret,
} from '@hexfleet/settings';

export const NEARBY_SETTINGS = {
  ...commonSettings,
  ...redisSettings,
  ...layoutSettings,
  ...jwtSettings,
  port: port(8081),
  /** Riders' pseudonyms are derived from it. All nearby processes of a fleet share one, so that they agree. */
  pseudonymSecret: secret(32),
};

export type NearbySettings = SettingsOf<typeof NEARBY_SETTINGS>;

/** What Nest injects where a type alone can't name it. */
export const TTL_MS = Symbol('ttlMs');
