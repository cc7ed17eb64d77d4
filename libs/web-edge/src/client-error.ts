import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { Problem, type ProblemCode } from './problem.js';
import { answerRaw } from './raw-answer.js';

/** What Node says of a request that it gives up, where that is not its form. */
const CODES: Readonly<Record<string, readonly [ProblemCode, string]>> = {
  ERR_HTTP_REQUEST_TIMEOUT: ['request_timeout', 'the request did not come in whole in time'],
  HPE_HEADER_OVERFLOW: ['headers_too_large', 'the headers are larger than 16 KiB'],
};

/** Answers on the bare socket what can't be read as HTTP at all, in the form of all other problems, and hangs up. */
export function answerUnreadable(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  if (owesAnotherAnswer(socket)) {
    // This one would be taken for it.
    socket.destroy();
    return;
  }
  const [code, detail] = CODES[error.code ?? ''] ?? ['invalid_request', 'this can not be read as an HTTP/1.1 request'];
  answerRaw(socket, new Problem(code, detail));
}

/**
 * Whether the socket's present response has been begun, or belongs to an earlier request that was read whole. Node keeps
 * it on the socket, and its own handler of such errors looks there too.
 */
function owesAnotherAnswer(socket: Socket): boolean {
  const { _httpMessage: response } = socket as Socket & { readonly _httpMessage?: ServerResponse | null };
  return response != null && (response.headersSent || response.req.complete);
}
