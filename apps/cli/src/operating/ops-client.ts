import { UserError } from '../user-error.js';

export interface OpsRequest {
  readonly method?: 'GET' | 'PUT' | 'POST' | 'DELETE';
  readonly body?: unknown;
  /** The version that a change is meant for. */
  readonly ifVersion?: number;
  /** Why something is changed, where the body doesn't say it. */
  readonly reason?: string | undefined;
}

export interface OpsAnswer<Body> {
  readonly body: Body;
  /** Of the policy, where the answer is about it. */
  readonly version: number;
}

interface ProblemBody {
  readonly code?: string;
  readonly title?: string;
  readonly detail?: string;
  readonly faults?: readonly { readonly path: string; readonly problem: string }[];
}

const TIMEOUT_MS = 15_000;

/** Asks the app of operators. Whatever fails is a UserError that says what it was about. */
export class OpsClient {
  constructor(
    private readonly opsUrl: string,
    private readonly token: string,
  ) {}

  async ask<Body>(
    path: string,
    { method = 'GET', body, ifVersion, reason }: OpsRequest = {},
  ): Promise<OpsAnswer<Body>> {
    const url = new URL(path, this.opsUrl);
    if (reason !== undefined) url.searchParams.set('reason', reason);
    const response = await this.#fetch(url, {
      method,
      headers: {
        authorization: `Bearer ${this.token}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(ifVersion !== undefined && { 'if-match': `"${ifVersion}"` }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const text = await response.text();
    if (!response.ok) throw new UserError(refusal(response.status, parsed(text) as ProblemBody | undefined));
    return { body: parsed(text) as Body, version: Number(response.headers.get('policy-version')) };
  }

  async #fetch(url: URL, init: RequestInit): Promise<Response> {
    try {
      return await fetch(url, init);
    } catch (error) {
      const { cause, message } = error as Error;
      const why = cause instanceof Error && cause.message !== '' ? cause.message : message;
      throw new UserError(`${this.opsUrl} does not answer (${why}). Is Hexfleet running there? Else give --ops URL.`);
    }
  }
}

/** What the operator is told of a refusal, with a line a fault. */
export function refusal(status: number, problem: ProblemBody | undefined): string {
  const { code = 'no problem document', title = '', detail, faults = [] } = problem ?? {};
  const head = `Refused: ${status} ${code}. ${faults.length > 0 ? title : (detail ?? title)}`.trim();
  return [head, ...faults.map(({ path, problem: what }) => `  ${path === '' ? what : `${path} ${what}`}`)].join('\n');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
