import type { PingAnswer, WirePing } from '@hexfleet/wire';

/** What came back for a frame or a request of pings. */
export type GatewayReply =
  | { readonly kind: 'answered'; readonly answer: PingAnswer }
  /** The whole was not taken, in the words of the problem; `retryAfterMs` as the gateway asked. */
  | {
      readonly kind: 'refused';
      readonly status: number;
      readonly code: string;
      readonly detail: string;
      readonly retryAfterMs?: number;
    }
  /** No answer: the gateway could not be reached, went away or took too long. It may have taken the pings. */
  | { readonly kind: 'lost'; readonly detail: string };

/** A way to the gateway. */
export interface PingCarrier {
  /** Sends pings of any drivers that the token allows; at most 500. Never rejects. */
  send(pings: readonly WirePing[], sentAtMs?: number): Promise<GatewayReply>;
  close(): Promise<void>;
}

const STATUS_TOO_MANY_REQUESTS = 429;
const STATUS_SERVER_ERRORS = 500;

/** True when sending the same again may end better: the fault is not in what was sent, nor in the token. */
export function isWorthRetrying(reply: Exclude<GatewayReply, { kind: 'answered' }>): boolean {
  return reply.kind === 'lost' || reply.status >= STATUS_SERVER_ERRORS || reply.status === STATUS_TOO_MANY_REQUESTS;
}

/** Why there was no answer. A host with several addresses, all tried in vain, gives an error without a message. */
export function reasonOf(error: Error & { readonly code?: string }): string {
  return error.message || error.code || error.name;
}
