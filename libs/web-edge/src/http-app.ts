import { TokenVerifier } from '@hexfleet/access';
import { type Logger, METRIC, Metrics, PinoNestLogger } from '@hexfleet/telemetry';
import type { DynamicModule, INestApplication, Type } from '@nestjs/common';
import { ModuleRef, NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { accessHook } from './access-hook.js';
import { AllowedMethods } from './allowed-methods.js';
import { answerUnreadable } from './client-error.js';
import { drainConnections } from './drain-connections.js';
import { ProblemFilter } from './problem-filter.js';
import { problemOf } from './problem-of.js';
import { requestBound } from './request-bound.js';

export interface HttpAppOptions {
  readonly logger: Logger;
  /** Largest body taken; beyond it the answer is 413. */
  readonly bodyLimitBytes?: number;
  /** How long requests under way may take to end when the app stops, before their connections are cut. */
  readonly drainMs?: number;
  /** Most connections, upgraded ones included; one more is closed unread. */
  readonly maxConnections?: number;
  /** Most requests under way; one more is answered 503. */
  readonly maxRequests?: number;
}

/** 500 pings of 145 bytes are 72 kB in JSON: room for clients that write more digits and more fields. */
const DEFAULT_BODY_LIMIT_BYTES = 1_048_576;
const DEFAULT_DRAIN_MS = 5_000;
const DEFAULT_MAX_CONNECTIONS = 10_000;
const DEFAULT_MAX_REQUESTS = 10_000;
/** A client must have sent its whole request within this. */
const REQUEST_TIMEOUT_MS = 30_000;

/**
 * A Nest app on Fastify with the edge that all apps share, not yet listening: JSON bodies only, problem details for
 * everything that fails, tokens checked before bodies are read. It finds its `TokenVerifier`, and `Metrics` to count
 * problems in, among the module's providers; without a verifier, only public routes are open.
 */
export async function createHttpApp(
  module: Type | DynamicModule,
  options: HttpAppOptions,
): Promise<NestFastifyApplication> {
  const { logger, bodyLimitBytes = DEFAULT_BODY_LIMIT_BYTES, drainMs = DEFAULT_DRAIN_MS } = options;
  const allowedMethods = new AllowedMethods();
  let filter: ProblemFilter | undefined;
  const adapter = new FastifyAdapter({
    logger: false,
    trustProxy: false,
    bodyLimit: bodyLimitBytes,
    requestTimeout: REQUEST_TIMEOUT_MS,
    // Pings may carry unknown fields; these two are dropped, never obeyed.
    onProtoPoisoning: 'remove',
    onConstructorPoisoning: 'remove',
    // Requests under way, and those that come in on their connections, are answered: see drainConnections.
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    skipMiddie: true,
    multipart: false,
    clientErrorHandler: answerUnreadable,
    // The router's own refusals, which reach no error handler.
    frameworkErrors: (error: FastifyError, _: FastifyRequest, reply: FastifyReply) =>
      filter?.answer(problemOf(error), reply),
  });
  const fastify = adapter.getInstance();
  fastify.server.maxConnections = options.maxConnections ?? DEFAULT_MAX_CONNECTIONS;
  fastify.removeContentTypeParser('text/plain');
  fastify.addHook('preClose', async () => drainConnections(fastify.server, drainMs));
  fastify.addHook('onRoute', (route) => allowedMethods.add(route.url, route.method));

  const app = await NestFactory.create<NestFastifyApplication>(module, adapter, {
    logger: new PinoNestLogger(logger),
    bodyParser: false,
    abortOnError: false,
  });
  fastify.addHook('onRequest', requestBound(options.maxRequests ?? DEFAULT_MAX_REQUESTS));
  fastify.addHook('onRequest', accessHook(optionalProvider(app, TokenVerifier)));
  const problems = optionalProvider(app, Metrics)?.counter(METRIC.problems);
  filter = new ProblemFilter(logger, allowedMethods, (code) => problems?.inc({ code }));
  app.useGlobalFilters(filter);
  return app;
}

function optionalProvider<Provider>(app: INestApplication, type: Type<Provider>): Provider | undefined {
  try {
    // Asked of the app itself, a missing provider would be logged as an error.
    return app.get(ModuleRef).get(type, { strict: false });
  } catch {
    return undefined;
  }
}
