import { finished } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { isPublicRoute } from './access-hook.js';
import { Problem } from './problem.js';

/**
 * A hook that bounds the requests under way. Past the bound the answer is 503 with Retry-After, before the token is looked
 * at and the body read. Public routes are answered all the same: whoever watches the app must see how it is doing.
 */
export function requestBound(maxRequests: number): (request: FastifyRequest, reply: FastifyReply) => Promise<void> {
  let requests = 0;
  return async (request, reply) => {
    if (requests >= maxRequests && !isPublicRoute(request)) {
      throw new Problem('unavailable', 'too many requests are under way');
    }
    requests++;
    finished(reply.raw, () => {
      requests--;
    });
  };
}
