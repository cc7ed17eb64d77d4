import { setTimeout as sleep } from 'node:timers/promises';
import { type ClientFrame, type FrameCodec, JSON_FRAMES, type ServerFrame, type WirePing } from '@hexfleet/wire';
import { WebSocket } from 'ws';
import { type GatewayReply, type PingCarrier, reasonOf } from './gateway-reply.js';
import { refusalOf } from './problem-body.js';

export interface GatewaySocketOptions {
  /** The gateway's address, such as http://127.0.0.1:8080. */
  readonly gatewayUrl: string;
  readonly token: string;
  readonly codec?: FrameCodec;
  /** Most frames without an answer; a frame more waits for its turn. */
  readonly windowFrames?: number;
  /** A frame not answered for so long is lost, and the socket with it. */
  readonly answerTimeoutMs?: number;
  readonly connectTimeoutMs?: number;
}

const STREAM_PATH = '/v1/drivers/stream';
const DEFAULT_WINDOW_FRAMES = 16;
const DEFAULT_ANSWER_TIMEOUT_MS = 15_000;
const DEFAULT_CONNECT_TIMEOUT_MS = 5_000;
const CLOSE_PATIENCE_MS = 2_000;
/** However long a gateway says to stay away. */
const MAX_RECONNECT_WAIT_MS = 60_000;
const CLOSED_BY_US: GatewayReply = { kind: 'lost', detail: 'the socket was closed here' };
const MAX_FRAME_SEQ = 2 ** 32 - 1;

interface FrameInFlight {
  readonly sentAtMs: number;
  readonly resolve: (reply: GatewayReply) => void;
}

/** How a socket stands to the gateway: `leaving` once nothing may be sent any more, and the close is to come. */
type State = 'closed' | 'connecting' | 'open' | 'leaving';

/**
 * One WebSocket to the gateway. It connects when there is something to send, so a gateway that was away and is back is
 * found again by the next frame; how often to try, and how long to wait in between, is the caller's (see `PingLane`).
 */
export class GatewaySocket implements PingCarrier {
  readonly #options: Required<GatewaySocketOptions>;
  readonly #inFlight = new Map<number, FrameInFlight>();
  readonly #waitingForRoom: (() => void)[] = [];
  #state: State = 'closed';
  #socket: WebSocket | undefined;
  #connecting: Promise<GatewayReply | undefined> | undefined;
  #token: string;
  #nextFrameSeq = 1;
  #notBeforeMs = 0;
  #timeouts: NodeJS.Timeout | undefined;
  /** Ends the wait before a new connection. */
  readonly #closing = new AbortController();

  constructor(options: GatewaySocketOptions) {
    this.#options = {
      codec: JSON_FRAMES,
      windowFrames: DEFAULT_WINDOW_FRAMES,
      answerTimeoutMs: DEFAULT_ANSWER_TIMEOUT_MS,
      connectTimeoutMs: DEFAULT_CONNECT_TIMEOUT_MS,
      ...options,
    };
    this.#token = options.token;
  }

  get isOpen(): boolean {
    return this.#state === 'open';
  }

  /** Connects, if it isn't already; `undefined` when it is open, else what was said instead. */
  connect(): Promise<GatewayReply | undefined> {
    if (this.#state === 'open') return Promise.resolve(undefined);
    this.#connecting ??= this.#connect().finally(() => {
      this.#connecting = undefined;
    });
    return this.#connecting;
  }

  async send(pings: readonly WirePing[], sentAtMs: number = Date.now()): Promise<GatewayReply> {
    return this.#exchange({ frameSeq: this.#takeFrameSeq(), sentAtMs, pings });
  }

  /** Renews the token, for this connection and for later ones; `undefined` when it was taken. */
  async renew(token: string): Promise<GatewayReply | undefined> {
    this.#token = token;
    const reply = await this.#exchange({ frameSeq: this.#takeFrameSeq(), auth: token });
    return reply.kind === 'answered' ? undefined : reply;
  }

  /** Closes the connection, for good; frames without an answer are lost. */
  async close(): Promise<void> {
    this.#closing.abort();
    const socket = this.#socket;
    if (socket === undefined) return;
    const patience = setTimeout(() => socket.terminate(), CLOSE_PATIENCE_MS);
    socket.close(1000);
    await closeOf(socket);
    clearTimeout(patience);
  }

  async #exchange(frame: ClientFrame & { frameSeq: number }): Promise<GatewayReply> {
    for (;;) {
      if (this.#inFlight.size >= this.#options.windowFrames) {
        await new Promise<void>((resolve) => this.#waitingForRoom.push(resolve));
      } else if (this.#state !== 'open') {
        const failure = await this.connect();
        if (failure !== undefined) return failure;
      } else break;
    }
    return new Promise((resolve) => {
      this.#inFlight.set(frame.frameSeq, { sentAtMs: Date.now(), resolve });
      try {
        this.#socket?.send(this.#options.codec.writeClientFrame(frame));
      } catch (error) {
        // A ping that the encoding can't say: the fault is in the frame, and the socket is as it was.
        this.#settle(frame.frameSeq, { kind: 'refused', status: 0, code: 'not_encodable', detail: String(error) });
      }
    });
  }

  async #connect(): Promise<GatewayReply | undefined> {
    // One that is leaving still has answers to give.
    if (this.#socket !== undefined) await closeOf(this.#socket);
    const waitMs = Math.max(0, this.#notBeforeMs - Date.now());
    await sleep(waitMs, undefined, { signal: this.#closing.signal }).catch(() => {});
    return this.#closing.signal.aborted ? CLOSED_BY_US : this.#open();
  }

  #open(): Promise<GatewayReply | undefined> {
    const { gatewayUrl, codec, connectTimeoutMs } = this.#options;
    const url = new URL(STREAM_PATH, gatewayUrl);
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    this.#state = 'connecting';
    return new Promise((resolve) => {
      const socket = new WebSocket(url, codec.subprotocol, {
        headers: { authorization: `Bearer ${this.#token}` },
        perMessageDeflate: false,
        handshakeTimeout: connectTimeoutMs,
      });
      let failure: GatewayReply = { kind: 'lost', detail: `no connection to ${url.host}` };
      this.#socket = socket;
      socket.on('open', () => {
        this.#state = 'open';
        this.#watchTimeouts();
        resolve(undefined);
      });
      socket.on('unexpected-response', (_request, response) => {
        void refusalOf(response).then((reply) => {
          failure = reply;
          socket.terminate();
        });
      });
      socket.on('error', (error) => {
        if (failure.kind === 'lost') failure = { kind: 'lost', detail: reasonOf(error) };
      });
      socket.on('message', (message) => this.#read(message as Buffer));
      socket.on('close', (code, reason) => {
        this.#closed(code === 1006 ? failure : { kind: 'lost', detail: `closed with ${code} ${reason}`.trim() });
        resolve(failure);
      });
    });
  }

  #read(message: Buffer): void {
    let frame: ServerFrame;
    try {
      frame = this.#options.codec.readServerFrame(message);
    } catch (error) {
      this.#abandon(`an answer that can't be read: ${error}`);
      return;
    }
    if ('goingAway' in frame) {
      this.#notBeforeMs = Date.now() + Math.min(frame.goingAway.reconnectAfterMs, MAX_RECONNECT_WAIT_MS);
      this.#state = 'leaving';
      this.#leaveOnceAnswered();
      return;
    }
    if (frame.frameSeq === undefined) return;
    if ('error' in frame) {
      const { status, code, title, detail = title } = frame.error;
      this.#settle(frame.frameSeq, { kind: 'refused', status, code, detail });
    } else if ('authExpiresAtMs' in frame) {
      this.#settle(frame.frameSeq, { kind: 'answered', answer: NO_PINGS });
    } else {
      this.#settle(frame.frameSeq, { kind: 'answered', answer: frame });
    }
    if (this.#state === 'leaving') this.#leaveOnceAnswered();
  }

  #settle(frameSeq: number, reply: GatewayReply): void {
    const frame = this.#inFlight.get(frameSeq);
    if (frame === undefined) return;
    this.#inFlight.delete(frameSeq);
    frame.resolve(reply);
    this.#waitingForRoom.shift()?.();
  }

  #leaveOnceAnswered(): void {
    if (this.#inFlight.size === 0) this.#socket?.close(1000);
  }

  /** Gives the connection up, with all that is on its way. */
  #abandon(detail: string): void {
    this.#state = 'leaving';
    this.#socket?.terminate();
    this.#failAll({ kind: 'lost', detail });
  }

  #closed(failure: GatewayReply): void {
    this.#state = 'closed';
    clearInterval(this.#timeouts);
    this.#failAll(failure);
  }

  #failAll(failure: GatewayReply): void {
    for (const frameSeq of [...this.#inFlight.keys()]) this.#settle(frameSeq, failure);
  }

  /** One look a second over the oldest frame, in place of a timer a frame. */
  #watchTimeouts(): void {
    const { answerTimeoutMs } = this.#options;
    clearInterval(this.#timeouts);
    this.#timeouts = setInterval(() => {
      const [oldest] = this.#inFlight.values();
      if (oldest === undefined || Date.now() - oldest.sentAtMs < answerTimeoutMs) return;
      this.#abandon(`no answer for ${answerTimeoutMs} ms`);
    }, 1_000);
    this.#timeouts.unref();
  }

  #takeFrameSeq(): number {
    const frameSeq = this.#nextFrameSeq;
    this.#nextFrameSeq = frameSeq === MAX_FRAME_SEQ ? 1 : frameSeq + 1;
    return frameSeq;
  }
}

/** Resolves when a socket is closed, at once when it is. */
function closeOf(socket: WebSocket): Promise<void> {
  if (socket.readyState === WebSocket.CLOSED) return Promise.resolve();
  return new Promise((resolve) => socket.once('close', () => resolve()));
}

const NO_PINGS = {
  accepted: 0,
  coalesced: 0,
  shed: 0,
  rejected: 0,
  unavailable: 0,
  results: [],
  next: { afterMs: 0, minMoveM: 0 },
};
