import { type Claims, type Role, roleAllowed, type TokenFault, type TokenVerifier } from '@hexfleet/access';
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyRequest } from 'fastify';
import { Problem } from './problem.js';

const CLAIMS = Symbol('claims');

interface AccessRule {
  readonly access?: readonly Role[] | 'anyone';
}

type CheckedRequest = FastifyRequest & { [CLAIMS]?: Claims };

/** On a handler: the bearer must have one of these roles (`ops` may do all that a `viewer` may). */
export function Roles(...roles: [Role, ...Role[]]): MethodDecorator {
  return RouteConfig({ access: roles } satisfies AccessRule);
}

/** On a handler: anyone may ask, without a token. */
export function Public(): MethodDecorator {
  return RouteConfig({ access: 'anyone' } satisfies AccessRule);
}

/** On a parameter of a handler with `@Roles`: what the bearer's token says. */
export const BearerClaims = createParamDecorator((_: unknown, context: ExecutionContext) =>
  claimsOfRequest(context.switchToHttp().getRequest<FastifyRequest>()),
);

/** @throws Error when the route is public: a programmer's error. */
function claimsOfRequest(request: FastifyRequest): Claims {
  const claims = (request as CheckedRequest)[CLAIMS];
  if (claims === undefined) throw new Error('claims are known on routes with @Roles only');
  return claims;
}

/** The token of an `Authorization: Bearer …` header. */
export function bearerTokenOf(authorization: string | undefined): string | undefined {
  if (authorization === undefined || authorization.length < 8) return undefined;
  return authorization.slice(0, 7).toLowerCase() === 'bearer ' ? authorization.slice(7).trim() : undefined;
}

/** Whether a request's handler is open to anyone. */
export function isPublicRoute({ routeOptions }: FastifyRequest): boolean {
  return (routeOptions.config as AccessRule).access === 'anyone';
}

/**
 * Checks the token before the body is read: what a stranger sends is not parsed. A handler that says neither who may ask
 * nor that anyone may is closed to all; so is every handler with roles in an app that has no verifier.
 */
export function accessHook(verifier: TokenVerifier | undefined): (request: FastifyRequest) => Promise<void> {
  return async (request) => {
    if (request.is404 || isPublicRoute(request)) return;
    const { access } = request.routeOptions.config as AccessRule;
    const claims = await authenticate(verifier, bearerTokenOf(request.headers.authorization));
    if (!Array.isArray(access) || !roleAllowed(claims.role, access)) {
      throw new Problem('forbidden', `a token of role ${claims.role} may not do this`);
    }
    (request as CheckedRequest)[CLAIMS] = claims;
  };
}

/**
 * What a token grants; for the hook, and for sockets that bring their token otherwise.
 * @throws Problem unauthenticated, or unavailable when the keys can't be fetched.
 */
export async function authenticate(verifier: TokenVerifier | undefined, token: string | undefined): Promise<Claims> {
  if (token === undefined || token === '') throw new Problem('unauthenticated', 'send an Authorization: Bearer header');
  if (verifier === undefined) throw new Problem('unauthenticated', 'this app takes no tokens');
  const verification = await verifier.verify(token);
  if (verification.ok) return verification.claims;
  const { reason } = verification;
  throw new Problem(reason === 'keys_unavailable' ? 'unavailable' : 'unauthenticated', FAULT_DETAILS[reason]);
}

const FAULT_DETAILS: Readonly<Record<TokenFault, string>> = {
  malformed: 'the token is no JSON Web Token',
  bad_signature: 'the token is not signed with a key and an algorithm that are trusted here',
  expired: 'the token has expired',
  not_yet_valid: 'the token is not valid yet',
  bad_claims: 'the token lacks a claim, or has one that is not valid here',
  keys_unavailable: 'the keys that tokens are checked with can not be fetched at the moment',
};
