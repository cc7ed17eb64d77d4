import type { Duplex } from 'node:stream';
import type { Claims, TokenVerifier } from '@hexfleet/access';
import type { OverloadLadder } from '@hexfleet/load-shedding';
import { authenticate, Problem, problemOf } from '@hexfleet/web-edge';
import type { FrameCodec, PingRequest, ServerFrame } from '@hexfleet/wire';
import type { WebSocket } from 'ws';
import type { PingIntake } from '../intake/ping-intake.js';
import { anotherDriver, namesAnotherDriver, type Sender, senderOf } from '../intake/sender.js';
import { CLOSE } from './close-codes.js';

export interface SocketSurroundings {
  readonly intake: PingIntake;
  /** How far the gateway has gone against its own overload. */
  readonly ladder: OverloadLadder;
  readonly verifier: TokenVerifier;
  readonly nowMs: () => number;
  readonly maxFramesInFlight: number;
  readonly maxBufferedBytes: number;
  /** How often answers come, where they wait for the stream. */
  readonly flushIntervalMs: number;
}

/** At the stage `read_slower`, how long a socket is left unread after a frame. */
const REST_MS = 500;

/** One client's WebSocket. Nothing waits here: a frame is decoded, handed to the intake, and answered when that calls back. */
export class DriverSocket {
  frames = 0;
  #claims: Claims;
  #sender: Sender;
  #framesInFlight = 0;
  #isHeard = true;
  #isPinged = false;
  #isHeld = false;
  #isResting = false;
  #release: NodeJS.Timeout | undefined;

  constructor(
    private readonly webSocket: WebSocket,
    /** What the WebSocket runs on. */
    private readonly connection: Duplex,
    private readonly codec: FrameCodec,
    claims: Claims,
    private readonly surroundings: SocketSurroundings,
  ) {
    this.#claims = claims;
    this.#sender = senderOf(claims);
    webSocket.on('message', (message, isBinary) => this.#read(message as Buffer, isBinary));
    webSocket.on('pong', () => this.#hear());
    // ws closes the socket with the right code by itself (1002, 1007, 1009); the `close` event follows.
    webSocket.on('error', () => {});
  }

  /** Closes the socket when its token has expired and was not renewed. */
  closeIfExpired(nowMs: number): boolean {
    const isExpired = nowMs >= this.#claims.expiresAtMs;
    if (isExpired) this.#close(CLOSE.tokenExpired, 'the token has expired');
    return isExpired;
  }

  /** Called at even intervals: a socket silent for one is pinged, and one silent for one more is cut. */
  checkSilence(): void {
    if (this.#isHeard) this.#isHeard = false;
    else if (this.#isPinged) this.webSocket.terminate();
    else if (this.webSocket.readyState === this.webSocket.OPEN) {
      this.#isPinged = true;
      this.webSocket.ping();
    }
  }

  /** Tells the client that the gateway is about to stop, and when to come back. */
  announceEnd(reconnectAfterMs: number): void {
    this.#send({ goingAway: { reconnectAfterMs } });
  }

  end(): void {
    this.#close(CLOSE.goingAway, 'the gateway stops');
  }

  cut(): void {
    this.webSocket.terminate();
  }

  #read(message: Buffer, isBinary: boolean): void {
    if (this.webSocket.readyState !== this.webSocket.OPEN || this.closeIfExpired(this.surroundings.nowMs())) return;
    this.#hear();
    this.frames++;
    if (isBinary !== this.codec.isBinary) {
      const kind = this.codec.isBinary ? 'binary' : 'text';
      this.#close(CLOSE.wrongKind, `${this.codec.subprotocol} is made of ${kind} messages`);
      return;
    }
    if (this.surroundings.ladder.isAt('read_slower')) this.#rest();
    const reading = this.codec.readClientFrame(message, this.surroundings.intake.unreadGate(this.#sender));
    if (reading.kind === 'pings') this.#submit(reading.frameSeq, reading.request);
    else if (reading.kind === 'auth') void this.#renew(reading.frameSeq, reading.token);
    else if (reading.kind === 'invalid') this.#refuse(reading.frameSeq, new Problem('invalid_request', reading.detail));
    else this.#close(CLOSE.undecodable, reading.detail);
  }

  #submit(frameSeq: number | undefined, request: PingRequest): void {
    if (namesAnotherDriver(request.pings, this.#sender)) {
      this.#refuse(frameSeq, anotherDriver());
      return;
    }
    this.#beginFrame();
    // Answers to what the stream takes come with its flushes. Those of a fleet's server that need not wait for it go with
    // them, several in a write; a phone sends one frame in that time, and would wait for nothing.
    let isAtOnce = request.pings.length > 1;
    this.surroundings.intake.submit(request, this.#sender, (settled) => {
      this.#endFrame();
      this.#send({ frameSeq, ...settled.answer() }, isAtOnce ? this.surroundings.flushIntervalMs : 0);
    });
    isAtOnce = false;
  }

  async #renew(frameSeq: number | undefined, token: string): Promise<void> {
    this.#beginFrame();
    try {
      const claims = await authenticate(this.surroundings.verifier, token);
      if (claims.subject !== this.#claims.subject || claims.role !== this.#claims.role) {
        throw new Problem('forbidden', 'a socket stays with the subject and role that it was opened with');
      }
      // First, so that a token counts as taken only where the client could be told so.
      this.#send({ frameSeq, authExpiresAtMs: claims.expiresAtMs });
      this.#claims = claims;
      this.#sender = senderOf(claims);
    } catch (error) {
      this.#refuse(frameSeq, problemOf(error));
    } finally {
      this.#endFrame();
    }
  }

  #refuse(frameSeq: number | undefined, problem: Problem): void {
    const { code, title, status, detail } = problem.body;
    this.#send({ frameSeq, error: { code, title, status, detail } });
  }

  /** Past the bound the socket isn't read, and the client's own buffers fill: what ws has read already still comes in. */
  #beginFrame(): void {
    this.#framesInFlight++;
    if (this.#framesInFlight >= this.surroundings.maxFramesInFlight) this.webSocket.pause();
  }

  #endFrame(): void {
    this.#framesInFlight--;
    const { webSocket, surroundings } = this;
    if (this.#isResting || !webSocket.isPaused) return;
    if (this.#framesInFlight <= surroundings.maxFramesInFlight / 2) webSocket.resume();
  }

  /** Leaves the socket unread for a while: its client's buffers fill, and it sends less. */
  #rest(): void {
    if (this.#isResting) return;
    this.#isResting = true;
    this.webSocket.pause();
    setTimeout(() => {
      this.#isResting = false;
      if (this.#framesInFlight < this.surroundings.maxFramesInFlight) this.webSocket.resume();
    }, REST_MS).unref();
  }

  #hear(): void {
    this.#isHeard = true;
    this.#isPinged = false;
  }

  #send(frame: ServerFrame, delayMs = 0): void {
    const { webSocket, codec } = this;
    if (webSocket.readyState !== webSocket.OPEN) return;
    if (this.#isPastBound) this.#letGo();
    if (this.#isPastBound) {
      this.#close(CLOSE.tryAgainLater, 'answers are not read');
      return;
    }
    this.#hold(delayMs);
    webSocket.send(codec.writeServerFrame(frame));
  }

  get #isPastBound(): boolean {
    return this.webSocket.bufferedAmount > this.surroundings.maxBufferedBytes;
  }

  /** The stream acknowledges many frames in one turn. Their answers go out in one write: a write costs more than an answer. */
  #hold(delayMs: number): void {
    if (!this.#isHeld) {
      this.#isHeld = true;
      this.connection.cork();
      if (delayMs > 0) this.#release = setTimeout(() => this.#letGo(), delayMs);
    }
    if (delayMs === 0) setImmediate(() => this.#letGo());
  }

  #letGo(): void {
    if (!this.#isHeld) return;
    this.#isHeld = false;
    clearTimeout(this.#release);
    this.connection.uncork();
  }

  #close(code: number, reason: string): void {
    this.#letGo();
    // A paused socket would not see the client's part of the closing handshake.
    if (this.webSocket.isPaused) this.webSocket.resume();
    this.webSocket.close(code, reason);
  }
}
