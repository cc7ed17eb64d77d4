/** The bounds of hygiene that an operator may set. Everything else about a ping's fields is fixed, in read-ping.ts. */
export interface HygienePolicy {
  /** A ping that was taken longer ago is `too_old`: positions are for the live map. */
  readonly maxAgeMs: number;
  /** A ping that claims to be taken further ahead is from the `future`. */
  readonly futureToleranceMs: number;
  /** A fix whose stated accuracy is worse is `inaccurate`. */
  readonly maxAccuracyM: number;
  /** No driver moves faster; accelerated replays raise it. */
  readonly maxSpeedMps: number;
  /** Allowed on top of the distance that `maxSpeedMps` explains, for two noisy fixes shortly after one another. */
  readonly slackM: number;
}

export const DEFAULT_HYGIENE: HygienePolicy = {
  maxAgeMs: 60_000,
  futureToleranceMs: 5_000,
  maxAccuracyM: 200,
  maxSpeedMps: 70,
  slackM: 50,
};

/**
 * Highest speed believed of a reading, whatever `maxSpeedMps` says: telematics units report 255 mph (113.99 m/s, a byte of
 * ones) for "unknown", and an operator who raises the bound for an accelerated replay must not let those through.
 */
export const READING_CEILING_MPS = 110;

/** The square web-Mercator world ends here; H3 cells and geohashes beyond are degenerate. */
export const MAX_ABS_LAT_DEG = 85.05;
