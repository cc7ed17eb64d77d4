import type { Socket } from 'node:net';
import { PROBLEM_CONTENT_TYPE, Problem } from './problem.js';

/** Answers on the bare socket what can't be read as HTTP at all, in the form of all other problems, and hangs up. */
export function answerUnreadable(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const body = JSON.stringify(new Problem('invalid_request', 'this can not be read as an HTTP/1.1 request').body);
  const head = [
    'HTTP/1.1 400 Bad Request',
    `Content-Type: ${PROBLEM_CONTENT_TYPE}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
}
