import { HttpException } from '@nestjs/common';
import { Problem, type ProblemCode } from './problem.js';

/** Fastify's own complaints about a request, by their codes; its texts are not part of our contract. */
const FASTIFY_PROBLEMS: Readonly<Record<string, readonly [ProblemCode, string]>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: ['too_large', 'the body is larger than this route takes'],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: ['unsupported_media_type', 'send the body as application/json'],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: ['invalid_request', 'the body is not as long as Content-Length says'],
  FST_ERR_CTP_EMPTY_JSON_BODY: ['invalid_json', 'the body is empty'],
  FST_ERR_CTP_INVALID_JSON_BODY: ['invalid_json', 'the body does not parse as JSON'],
  FST_ERR_BAD_URL: ['invalid_request', 'the path is not a valid URL path'],
  FST_ERR_MAX_PARAM_LENGTH: ['not_found', 'a part of the path is too long to name anything'],
};

const CODE_BY_STATUS: Readonly<Record<number, ProblemCode>> = {
  400: 'invalid_request',
  401: 'unauthenticated',
  403: 'forbidden',
  404: 'not_found',
  405: 'method_not_allowed',
  408: 'request_timeout',
  412: 'precondition_failed',
  413: 'too_large',
  414: 'not_found',
  415: 'unsupported_media_type',
  431: 'headers_too_large',
  503: 'unavailable',
};

/**
 * What to answer for anything that was thrown. Only a `Problem` chose its words for clients; of everything else the code is
 * kept and the text is not, since it may tell about the inside.
 */
export function problemOf(thrown: unknown): Problem {
  if (thrown instanceof Problem) return thrown;
  const cause = thrown instanceof HttpException && thrown.cause !== undefined ? thrown.cause : thrown;
  const { code, statusCode } = (cause ?? {}) as { readonly code?: unknown; readonly statusCode?: unknown };
  const known = typeof code === 'string' ? FASTIFY_PROBLEMS[code] : undefined;
  if (known !== undefined) return new Problem(known[0], known[1], { cause });
  // The parser's own error: Fastify marks it with status 400 and gives it no code.
  if (cause instanceof SyntaxError && statusCode === 400) {
    return new Problem('invalid_json', 'the body does not parse as JSON', { cause });
  }
  const status = thrown instanceof HttpException ? thrown.getStatus() : statusCode;
  if (typeof status !== 'number' || status < 400 || (status >= 500 && status !== 503)) {
    return new Problem('internal', undefined, { cause: thrown });
  }
  return new Problem(CODE_BY_STATUS[status] ?? 'invalid_request', undefined, { cause: thrown });
}
