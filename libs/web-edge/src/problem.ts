/**
 * The one table of what a request can be answered with when it fails, as RFC 9457 problem details. Codes are stable:
 * clients branch on them. The reference in docs/ and a test are held to this table.
 */
export const PROBLEMS = {
  invalid_request: { status: 400, title: 'The request is not what this route takes' },
  invalid_policy: { status: 400, title: 'The policy or override has faults' },
  invalid_json: { status: 400, title: 'The body is not JSON' },
  unauthenticated: { status: 401, title: 'No valid bearer token' },
  forbidden: { status: 403, title: 'The token does not grant this' },
  not_found: { status: 404, title: 'There is nothing here' },
  method_not_allowed: { status: 405, title: 'This route does not take this method' },
  request_timeout: { status: 408, title: 'The request took too long to come in' },
  precondition_failed: { status: 412, title: 'It has been changed since' },
  too_large: { status: 413, title: 'The body is too large' },
  unsupported_media_type: { status: 415, title: 'The body is not of a type that this route takes' },
  headers_too_large: { status: 431, title: 'The headers are too large' },
  unavailable: { status: 503, title: 'Not available at the moment' },
  internal: { status: 500, title: 'A fault of the server' },
} as const satisfies Readonly<Record<string, { readonly status: number; readonly title: string }>>;

export type ProblemCode = keyof typeof PROBLEMS;

export const PROBLEM_CONTENT_TYPE = 'application/problem+json';

/** What goes over the wire. */
export interface ProblemBody {
  readonly type: `urn:hexfleet:problem:${ProblemCode}`;
  readonly title: string;
  readonly status: number;
  readonly code: ProblemCode;
  readonly detail?: string;
  readonly faults?: readonly ProblemFault[];
}

/** One of several things that are wrong with a request: where in its body, and what. */
export interface ProblemFault {
  readonly path: string;
  readonly problem: string;
}

export interface ProblemOptions {
  /** With `unavailable`: when asking again makes sense. 1 s where nothing is said. */
  readonly retryAfterSeconds?: number;
  /** With `method_not_allowed`: the methods that the route takes. */
  readonly allow?: readonly string[];
  /** All that is wrong, where that can be told one by one. */
  readonly faults?: readonly ProblemFault[];
  readonly cause?: unknown;
}

const DEFAULT_RETRY_AFTER_SECONDS = 1;

/** Thrown by anything behind a route; answered as problem details. `detail` is shown to the client. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly faults: readonly ProblemFault[];

  constructor(
    readonly code: ProblemCode,
    readonly detail?: string,
    options: ProblemOptions = {},
  ) {
    super(detail ?? PROBLEMS[code].title, { cause: options.cause });
    this.status = PROBLEMS[code].status;
    this.headers = headersOf(code, options);
    this.faults = options.faults ?? [];
  }

  get body(): ProblemBody {
    const { code, detail, status, faults } = this;
    return {
      ...{ type: `urn:hexfleet:problem:${code}`, title: PROBLEMS[code].title, status, code },
      ...(detail !== undefined && { detail }),
      ...(faults.length > 0 && { faults }),
    };
  }
}

function headersOf(code: ProblemCode, { retryAfterSeconds, allow }: ProblemOptions): Record<string, string> {
  if (code === 'unauthenticated') return { 'www-authenticate': 'Bearer' };
  if (code === 'unavailable') return { 'retry-after': String(retryAfterSeconds ?? DEFAULT_RETRY_AFTER_SECONDS) };
  if (code === 'method_not_allowed' && allow !== undefined) return { allow: allow.join(', ') };
  return {};
}
