/**
 * The HTTP edge that all apps share: Nest on Fastify, failures as RFC 9457 problem details with stable codes and never a
 * stack trace, roles checked before a body is read, health and metrics routes, and an orderly start and stop. An app
 * brings its module and calls `serve`.
 */
export type { NestFastifyApplication } from '@nestjs/platform-fastify';
export type { FastifyReply, FastifyRequest } from 'fastify';
export { authenticate, BearerClaims, bearerTokenOf, Public, Roles } from './access-hook.js';
export * from './health.module.js';
export * from './http-app.js';
export * from './problem.js';
export { problemOf } from './problem-of.js';
export { answerRaw } from './raw-answer.js';
export * from './readiness.js';
export * from './serve.js';
