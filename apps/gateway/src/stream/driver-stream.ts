import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Claims, TokenVerifier } from '@hexfleet/access';
import { answerRaw, authenticate, bearerTokenOf, Problem, problemOf } from '@hexfleet/web-edge';
import type { FrameCodec } from '@hexfleet/wire';
import { type WebSocket, WebSocketServer } from 'ws';
import { DriverSocket, type SocketSurroundings } from './driver-socket.js';
import { serveWithoutUpgrade } from './plain-request.js';
import { codecFor, isForStream } from './upgrade-request.js';

export interface StreamSettings {
  readonly maxBodyBytes: number;
  readonly maxSockets: number;
  readonly idleMs: number;
  /** For a client to do its part of the closing handshake. */
  readonly closeTimeoutMs: number;
  readonly reconnectSpreadMs: number;
  readonly retryAfterSeconds: number;
}

const SWEEP_MS = 1_000;

/**
 * GET /v1/drivers/stream: raw `ws` on the HTTP server, a third of the cost a message of Nest's adapter. Tokens are checked
 * at the upgrade, which answers like any other route when it refuses. One timer looks after all sockets.
 */
export class DriverStream {
  readonly #sockets = new Set<DriverSocket>();
  readonly #server: WebSocketServer;
  #opening = 0;
  #closedFrames = 0;
  #isClosing = false;
  #sweeper: NodeJS.Timeout | undefined;

  constructor(
    private readonly settings: StreamSettings,
    private readonly verifier: TokenVerifier,
    private readonly surroundings: SocketSurroundings,
    private readonly random: () => number,
  ) {
    const options = {
      closeTimeout: settings.closeTimeoutMs,
      handleProtocols: (_: Set<string>, request: IncomingMessage) => codecFor(request).subprotocol,
    };
    this.#server = new WebSocketServer({
      ...options,
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload: settings.maxBodyBytes,
    });
    this.#server.on('wsClientError', (error, socket) =>
      answerRaw(socket, new Problem('invalid_request', error.message)),
    );
  }

  get openSockets(): number {
    return this.#sockets.size;
  }

  /** Frames received since the start. */
  get frames(): number {
    let frames = this.#closedFrames;
    for (const socket of this.#sockets) frames += socket.frames;
    return frames;
  }

  attach(server: Server): void {
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      if (isForStream(request)) void this.#upgrade(request, socket, head);
      else serveWithoutUpgrade(server, request, socket, head);
    });
    const sweepsAnIdleTime = Math.max(1, Math.round(this.settings.idleMs / SWEEP_MS));
    let sweeps = 0;
    this.#sweeper = setInterval(() => {
      sweeps = (sweeps + 1) % sweepsAnIdleTime;
      this.#sweep(sweeps === 0);
    }, SWEEP_MS);
  }

  /** Tells every client that the gateway is about to stop; each gets its own wait before it comes back. */
  announceEnd(): void {
    this.#isClosing = true;
    clearInterval(this.#sweeper);
    for (const socket of this.#sockets) {
      socket.announceEnd(Math.floor(this.random() * this.settings.reconnectSpreadMs));
    }
  }

  /** Closes every socket, and cuts those whose clients don't close with it in time. */
  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.end();
    const deadlineMs = this.surroundings.nowMs() + this.settings.closeTimeoutMs;
    while (this.#sockets.size > 0 && this.surroundings.nowMs() < deadlineMs) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    for (const socket of this.#sockets) socket.cut();
  }

  async #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const hangUp = () => socket.destroy();
    socket.on('error', hangUp);
    this.#opening++;
    try {
      this.#checkRoom();
      const claims = await this.#bearerOf(request);
      const codec = codecFor(request);
      socket.off('error', hangUp);
      if (!socket.destroyed) {
        this.#server.handleUpgrade(request, socket, head, (webSocket) => this.#open(webSocket, socket, codec, claims));
      }
    } catch (error) {
      answerRaw(socket, problemOf(error));
    } finally {
      this.#opening--;
    }
  }

  #checkRoom(): void {
    const { maxSockets, retryAfterSeconds } = this.settings;
    if (this.#isClosing) throw new Problem('unavailable', 'the gateway is about to stop', { retryAfterSeconds });
    if (this.surroundings.ladder.isAt('refuse_connections')) {
      throw new Problem('unavailable', 'the gateway is overloaded', { retryAfterSeconds });
    }
    if (this.#sockets.size + this.#opening > maxSockets) {
      throw new Problem('unavailable', 'no more sockets can be opened here', { retryAfterSeconds });
    }
  }

  async #bearerOf({ headers }: IncomingMessage): Promise<Claims> {
    const claims = await authenticate(this.verifier, bearerTokenOf(headers.authorization));
    if (claims.role === 'driver' || claims.role === 'fleet') return claims;
    throw new Problem('forbidden', `a token of role ${claims.role} may not do this`);
  }

  #open(webSocket: WebSocket, connection: Duplex, codec: FrameCodec, claims: Claims): void {
    const socket = new DriverSocket(webSocket, connection, codec, claims, this.surroundings);
    this.#sockets.add(socket);
    webSocket.on('close', () => {
      this.#sockets.delete(socket);
      this.#closedFrames += socket.frames;
    });
  }

  #sweep(isSilenceChecked: boolean): void {
    const nowMs = this.surroundings.nowMs();
    for (const socket of this.#sockets) {
      if (!socket.closeIfExpired(nowMs) && isSilenceChecked) socket.checkSilence();
    }
  }
}
