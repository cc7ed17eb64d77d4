import type { Logger } from '@hexfleet/telemetry';
import { type ArgumentsHost, Catch, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { AllowedMethods } from './allowed-methods.js';
import { PROBLEM_CONTENT_TYPE, Problem } from './problem.js';
import { problemOf } from './problem-of.js';

/** The rest of a refused body is read, to be thrown away, when it is no longer than this. */
const LARGEST_DISCARDED_BODY_BYTES = 64 * 1_048_576;

/** Answers whatever was thrown on the way of a request, by Fastify, Nest or a handler, as problem details. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(
    private readonly logger: Logger,
    private readonly allowedMethods: AllowedMethods,
    private readonly count: (code: string) => void,
  ) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    if (host.getType() !== 'http') throw thrown;
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const problem = request.is404 ? this.#unrouted(request) : problemOf(thrown);
    if (problem.code === 'internal') {
      this.logger.error({ err: thrown, method: request.method, route: request.routeOptions.url }, 'a request failed');
    }
    this.answer(problem, http.getResponse<FastifyReply>());
  }

  answer(problem: Problem, reply: FastifyReply): void {
    this.count(problem.code);
    if (reply.sent) return;
    letBodyEnd(reply);
    sendProblem(reply, problem);
  }

  #unrouted(request: FastifyRequest): Problem {
    const path = request.url.split('?', 1)[0] as string;
    const allow = this.allowedMethods.at(path);
    return allow.length === 0
      ? new Problem('not_found', 'no such route')
      : new Problem('method_not_allowed', `this route takes ${allow.join(', ')}`, { allow });
  }
}

/**
 * Fastify closes the connection of a body that it refused. A client still sending would then get a reset in place of the
 * answer, so where the rest is bounded, the connection stays open and Node reads it to its end.
 */
function letBodyEnd(reply: FastifyReply): void {
  const { 'content-length': length } = reply.request.headers;
  if (Number(length) <= LARGEST_DISCARDED_BODY_BYTES) reply.removeHeader('connection');
}

export function sendProblem(reply: FastifyReply, problem: Problem): void {
  // Bytes, so that no serialiser of a route gets in between and no charset, which JSON has none of, is added.
  void reply
    .code(problem.status)
    .headers({ ...problem.headers })
    .header('content-type', PROBLEM_CONTENT_TYPE)
    .send(Buffer.from(JSON.stringify(problem.body)));
}
