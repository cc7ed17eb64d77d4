/**
 * Who is asking, and what may they: tokens are JSON Web Tokens (RFC 7519), checked here and nowhere else. HS256 with a
 * secret, RS256 or ES256 with a key file or a JWKS URL; the algorithm follows from the key, an expiry is required, and a
 * refusal is a value with its reason. The only importer of jose.
 */
export * from './claims.js';
export * from './sign-token.js';
export * from './token-verifier.js';
