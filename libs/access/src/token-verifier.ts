import { errors, type JWTVerifyOptions, type JWTVerifyResult, jwtVerify } from 'jose';
import { LRUCache } from 'lru-cache';
import { type Claims, claimsOf } from './claims.js';
import { type TokenKey, type TokenKeySettings, tokenKeyOf } from './token-key.js';

/** Tolerated difference between this machine's clock and the issuer's. */
const CLOCK_TOLERANCE_SECONDS = 5;
/** Longer tokens are refused unread. */
const MAX_TOKEN_CHARACTERS = 4_096;
const DEFAULT_CACHED_TOKENS = 65_536;

const UNTRUSTED = [
  errors.JWSSignatureVerificationFailed,
  errors.JOSEAlgNotAllowed,
  errors.JOSENotSupported,
  errors.JWKSNoMatchingKey,
  errors.JWKSMultipleMatchingKeys,
];

/**
 * Why a token was refused. `keys_unavailable` is no fault of the token: the JWKS URL did not answer, and asking again
 * later may succeed.
 */
export type TokenFault =
  | 'malformed'
  | 'bad_signature'
  | 'expired'
  | 'not_yet_valid'
  | 'bad_claims'
  | 'keys_unavailable';

export type Verification =
  | { readonly ok: true; readonly claims: Claims; readonly expiresAtMs: number }
  | { readonly ok: false; readonly reason: TokenFault };

export interface TokenVerifierOptions extends TokenKeySettings {
  readonly jwtIssuer?: string | undefined;
  readonly jwtAudience?: string | undefined;
  /** Most verified tokens remembered; past it the least recently used is verified anew. */
  readonly maxCachedTokens?: number;
  readonly nowMs?: () => number;
}

/**
 * Tells what a token grants. A verified token is remembered until it expires, so that a driver that pings every few
 * seconds costs one signature check, and a map look-up a request.
 */
export class TokenVerifier {
  readonly #verified: LRUCache<string, Verification & { ok: true }>;
  readonly #nowMs: () => number;
  readonly #options: JWTVerifyOptions;

  constructor(
    private readonly key: TokenKey,
    { jwtIssuer, jwtAudience, maxCachedTokens = DEFAULT_CACHED_TOKENS, nowMs = Date.now }: TokenVerifierOptions,
  ) {
    this.#verified = new LRUCache({ max: maxCachedTokens });
    this.#nowMs = nowMs;
    this.#options = {
      algorithms: [...key.algorithms],
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
      requiredClaims: ['exp', 'sub', 'role'],
      ...(jwtIssuer !== undefined && { issuer: jwtIssuer }),
      ...(jwtAudience !== undefined && { audience: jwtAudience }),
    };
  }

  async verify(token: string): Promise<Verification> {
    const known = this.#verified.get(token);
    if (known !== undefined) {
      if (this.#nowMs() < known.expiresAtMs) return known;
      this.#verified.delete(token);
    }
    if (token.length > MAX_TOKEN_CHARACTERS) return { ok: false, reason: 'malformed' };
    const verification = await this.#verifyAnew(token);
    if (verification.ok && this.#nowMs() < verification.expiresAtMs) this.#verified.set(token, verification);
    return verification;
  }

  /** How many verified tokens are remembered. */
  get cachedTokens(): number {
    return this.#verified.size;
  }

  async #verifyAnew(token: string): Promise<Verification> {
    try {
      const { payload } = await this.#check(token, { ...this.#options, currentDate: new Date(this.#nowMs()) });
      const claims = claimsOf(payload);
      if (claims === undefined) return { ok: false, reason: 'bad_claims' };
      return Object.freeze({ ok: true, claims, expiresAtMs: claims.expiresAtMs });
    } catch (error) {
      return { ok: false, reason: this.#faultOf(error) };
    }
  }

  #check(token: string, options: JWTVerifyOptions): Promise<JWTVerifyResult> {
    const { key } = this.key;
    // The two overloads of jwtVerify don't take the union.
    return typeof key === 'function' ? jwtVerify(token, key, options) : jwtVerify(token, key, options);
  }

  #faultOf(error: unknown): TokenFault {
    if (error instanceof errors.JWTExpired) return 'expired';
    if (error instanceof errors.JWTClaimValidationFailed) return error.claim === 'nbf' ? 'not_yet_valid' : 'bad_claims';
    if (UNTRUSTED.some((kind) => error instanceof kind)) return 'bad_signature';
    // What is left is about the token's form; or, with keys that come from elsewhere, about getting them.
    const aboutForm = error instanceof errors.JWSInvalid || error instanceof errors.JWTInvalid;
    return aboutForm || typeof this.key.key !== 'function' ? 'malformed' : 'keys_unavailable';
  }
}

/** @throws Error that says what is wrong with the settings or the key file. */
export function createTokenVerifier(options: TokenVerifierOptions): TokenVerifier {
  return new TokenVerifier(tokenKeyOf(options), options);
}
