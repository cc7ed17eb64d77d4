import { Agent as HttpAgent, request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { PingAnswer, WirePing } from '@hexfleet/wire';
import { type GatewayReply, type PingCarrier, reasonOf } from './gateway-reply.js';
import { bodyOf, refusal } from './problem-body.js';

export interface PingPosterOptions {
  readonly gatewayUrl: string;
  readonly token: string;
  /** /v1/fleet/pings where it isn't said; /v1/pings is for a driver's own token. */
  readonly path?: string;
  /** Connections kept open; further requests wait for one. */
  readonly maxSockets?: number;
  /** Connections shared with other posters; whoever made them closes them. */
  readonly agent?: HttpAgent;
  readonly timeoutMs?: number;
}

/** A response as it came. `json` is the body parsed, `undefined` where it is no JSON. */
export interface HttpReply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  readonly json: unknown;
}

const FLEET_PATH = '/v1/fleet/pings';
const DEFAULT_MAX_SOCKETS = 8;
const DEFAULT_TIMEOUT_MS = 15_000;
const ACCEPTED = 202;

/** Pings over HTTP, on connections that are kept open. Node's own client: about half the CPU of fetch a request. */
export class PingPoster implements PingCarrier {
  readonly #url: URL;
  readonly #agent: HttpAgent;
  readonly #sharesAgent: boolean;
  readonly #token: string;
  readonly #timeoutMs: number;

  constructor(options: PingPosterOptions) {
    const { gatewayUrl, token, path = FLEET_PATH, maxSockets = DEFAULT_MAX_SOCKETS } = options;
    this.#url = new URL(path, gatewayUrl);
    this.#sharesAgent = options.agent !== undefined;
    this.#agent = options.agent ?? keepAliveAgent(gatewayUrl, maxSockets);
    this.#token = token;
    this.#timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  }

  async send(pings: readonly WirePing[], sentAtMs: number = Date.now()): Promise<GatewayReply> {
    try {
      const [response, body] = await this.#post(JSON.stringify({ sentAtMs, pings }));
      if (response.statusCode !== ACCEPTED) return refusal(response, body);
      return { kind: 'answered', answer: JSON.parse(body.toString()) as PingAnswer };
    } catch (error) {
      return { kind: 'lost', detail: reasonOf(error as Error) };
    }
  }

  /** Posts any body, for those who want to see the response itself. @throws Error when there is none. */
  async post(body: string | Buffer, contentType = 'application/json'): Promise<HttpReply> {
    const [response, bytes] = await this.#post(body, contentType);
    const text = bytes.toString();
    return { status: response.statusCode ?? 0, headers: response.headers, text, json: parsed(text) };
  }

  async close(): Promise<void> {
    if (!this.#sharesAgent) this.#agent.destroy();
  }

  #post(body: string | Buffer, contentType = 'application/json'): Promise<[IncomingMessage, Buffer]> {
    const request = this.#url.protocol === 'https:' ? httpsRequest : httpRequest;
    return new Promise((resolve, reject) => {
      const posting = request(
        this.#url,
        {
          method: 'POST',
          agent: this.#agent,
          timeout: this.#timeoutMs,
          headers: {
            authorization: `Bearer ${this.#token}`,
            'content-type': contentType,
            'content-length': Buffer.byteLength(body),
          },
        },
        (response) => {
          bodyOf(response).then((bytes) => {
            if (response.complete) resolve([response, bytes]);
            else reject(new Error('the response was cut off'));
          }, reject);
        },
      );
      posting.on('timeout', () => posting.destroy(new Error(`no answer for ${this.#timeoutMs} ms`)));
      posting.on('error', reject);
      posting.end(body);
    });
  }
}

/** Connections to a gateway that are kept open between requests. */
export function keepAliveAgent(gatewayUrl: string, maxSockets: number): HttpAgent {
  const options = { keepAlive: true, maxSockets };
  return new URL(gatewayUrl).protocol === 'https:' ? new HttpsAgent(options) : new HttpAgent(options);
}

/** One post on a connection of its own: what a script or a test needs. @throws Error when there is no response. */
export async function postPings(url: string, token: string, body: unknown): Promise<HttpReply> {
  const { origin, pathname } = new URL(url);
  const poster = new PingPoster({ gatewayUrl: origin, path: pathname, token, maxSockets: 1 });
  try {
    return await poster.post(typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body));
  } finally {
    await poster.close();
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
