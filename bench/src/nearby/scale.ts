export interface Scale {
  readonly drivers: number;
  /** Of each measurement. */
  readonly seconds: number;
  readonly comparedAnswers: number;
}

export const FULL: Scale = { drivers: 100_000, seconds: 5, comparedAnswers: 500 };
export const TINY: Scale = { drivers: 2_000, seconds: 0.3, comparedAnswers: 50 };

/** How many of the nearest are asked for. */
export const K = 10;
/** How far the peer looks. */
export const RADIUS_M = 3_000;
