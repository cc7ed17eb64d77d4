import type { Server } from 'node:http';

const REAP_EVERY_MS = 20;

/**
 * Helps a server that is about to close to get rid of its connections. Node closes those that are idle at that moment; one
 * that carries an answer still under way would then be kept alive for over a minute, and the server with it. So idle ones
 * are closed again and again, and after `drainMs` all that is left is cut.
 */
export function drainConnections(server: Server, drainMs: number): void {
  if (!server.listening) return;
  const reaper = setInterval(() => server.closeIdleConnections(), REAP_EVERY_MS);
  const cutter = setTimeout(() => server.closeAllConnections(), drainMs);
  server.once('close', () => {
    clearInterval(reaper);
    clearTimeout(cutter);
  });
}
