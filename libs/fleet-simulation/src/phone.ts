/**
 * What a phone makes of where it is. Its error is correlated in time, as that of satellite fixes is: on each axis a
 * first-order autoregressive process, the Gauss–Markov model usual for GPS (A. Gelb, "Applied Optimal Estimation",
 * 1974):
 *
 *   noise' = ρ·noise + √(1 − ρ²)·N(0, 1),   ρ = e^(−Δt / 20 s),   error = σ · blur · noise, cut at 90 m
 *   accuracyM, as phones mean it, is the radius that holds 68% of the fixes: 1.51·σ·blur, known to ±15%
 *
 * σ is 3–6 m, a matter of the phone. blur is 1, among tall buildings up to 6: about 4% of the time, for about 40 s.
 * Clocks: nine in ten phones are within 0.3 s, nearly all others within 3 s, which is inside the gateway's tolerance;
 * one in a hundred is off by 1–10 minutes, either way, and must be corrected by the time of sending.
 */
import type { Phone } from './car.js';
import type { Random } from './random.js';

const CORRELATION_MS = 20_000;
const MEAN_BLUR_MS = 40_000;
const BLUR_SHARE = 0.04;
const MAX_ERROR_M = 90;
const RADIUS_68_SIGMAS = Math.sqrt(-2 * Math.log(1 - 0.68));

const FAR_OFF_SHARE = 0.01;
const OFF_SHARE = 0.1;

export function newPhone(random: Random): Phone {
  return {
    clockAheadMs: clockAheadMs(random),
    sigmaM: random.between(3, 6),
    noiseEast: random.normal(),
    noiseNorth: random.normal(),
    blur: 1,
  };
}

/** What all phones of a fleet have in common: how much an error changes from one ping to the next. */
export class NoiseStep {
  readonly #kept: number;
  readonly #fresh: number;
  readonly #blurBegins: number;
  readonly #blurEnds: number;

  constructor(intervalMs: number) {
    this.#kept = Math.exp(-intervalMs / CORRELATION_MS);
    this.#fresh = Math.sqrt(1 - this.#kept * this.#kept);
    this.#blurEnds = 1 - Math.exp(-intervalMs / MEAN_BLUR_MS);
    this.#blurBegins = (this.#blurEnds * BLUR_SHARE) / (1 - BLUR_SHARE);
  }

  /** Lets the phone's error drift by one interval. */
  drift(phone: Phone, random: Random): void {
    // One pair of Box and Muller's transform, both halves used: this is asked for every ping.
    const size = this.#fresh * Math.sqrt(-2 * Math.log(1 - random.next()));
    const angle = 2 * Math.PI * random.next();
    phone.noiseEast = this.#kept * phone.noiseEast + size * Math.cos(angle);
    phone.noiseNorth = this.#kept * phone.noiseNorth + size * Math.sin(angle);
    if (phone.blur === 1) {
      if (random.chance(this.#blurBegins)) phone.blur = random.between(2, 6);
    } else if (random.chance(this.#blurEnds)) phone.blur = 1;
  }
}

/** Metres by which one axis of a fix is off, for `noise` standard deviations. */
export function errorM(phone: Phone, noise: number): number {
  return Math.max(-MAX_ERROR_M, Math.min(MAX_ERROR_M, phone.sigmaM * phone.blur * noise));
}

/** How accurate the phone believes its fix to be. */
export function accuracyM(phone: Phone, random: Random): number {
  return RADIUS_68_SIGMAS * phone.sigmaM * phone.blur * random.between(0.85, 1.15);
}

function clockAheadMs(random: Random): number {
  const kind = random.next();
  const side = random.chance(0.5) ? 1 : -1;
  if (kind < FAR_OFF_SHARE) return side * Math.round(random.between(60_000, 600_000));
  return side * Math.round(random.between(0, kind < OFF_SHARE ? 3_000 : 300));
}
