import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Claims, createTokenVerifier, signToken } from '@hexfleet/access';
import { HomeCells } from '@hexfleet/cells';
import { AdmittedFixes, ClockOffsets } from '@hexfleet/ping';
import type { PublishResult } from '@hexfleet/ping-bus';
import { type FrameCodec, JSON_FRAMES, type ServerFrame } from '@hexfleet/wire';
import { afterEach } from '@jest/globals';
import { WebSocket } from 'ws';
import { until } from '../../../../test/harness/until.js';
import { Backlog } from '../intake/backlog.js';
import { Outboxes } from '../intake/outboxes.js';
import { PingIntake } from '../intake/ping-intake.js';
import { PingTally } from '../intake/ping-tally.js';
import { calmShedding } from '../shedding/calm-shedding.fixture.js';
import { DriverStream, type StreamSettings } from './driver-stream.js';
import { STREAM_PATH } from './upgrade-request.js';

export const SECRET = 'a secret that is long enough for HS256';
export const PLACE = { lat: 37.7749, lng: -122.4194 };
/** Small where a spec would have to send too much to reach a bound. */
const DEFAULTS = {
  ...{
    maxBodyBytes: 524_288,
    maxSockets: 100,
    idleMs: 30_000,
    closeTimeoutMs: 2_000,
    reconnectSpreadMs: 10_000,
    retryAfterSeconds: 7,
  },
  ...{ maxFramesInFlight: 64, maxBufferedBytes: 1_048_576, maxPendingPings: 1_000, flushIntervalMs: 10 },
};

export const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

/** The stream on a server of its own, before an intake whose publications are answered when the test says so. */
export class Gateway {
  readonly tally = new PingTally();
  readonly held: ((result: PublishResult) => void)[] = [];
  readonly stream: DriverStream;
  readonly outboxes: Outboxes;
  readonly shedding = calmShedding(4);
  readonly requests: { readonly head: IncomingMessage; readonly body: string }[] = [];
  isHolding = false;

  private constructor(
    settings: StreamSettings & typeof DEFAULTS,
    readonly server: Server,
  ) {
    const verifier = createTokenVerifier({ jwtSecret: SECRET });
    const admitted = new AdmittedFixes(1_000);
    const backlog = new Backlog(settings.maxPendingPings);
    const nowMs = Date.now;
    this.outboxes = new Outboxes(4, {
      settings: { flushPings: 1, publishTimeoutMs: 1_000, maxDoubtMs: 60_000, publisherIdleMs: 60_000 },
      publisher: { connected: true, publish: () => this.#publish() },
      tally: this.tally,
      backlog,
      takeBack: (ping) => admitted.forget(ping),
      nowMs,
      newPublisherName: () => 'f'.repeat(16),
      observePublish: () => {},
    });
    const { policies, shedder, pressure, hints, decisions } = this.shedding;
    const intake = new PingIntake({
      ...{ policies, shedder, pressure, hints, decisions },
      clocks: new ClockOffsets(1_000),
      admitted,
      cells: new HomeCells({ resolution: 7, partitions: 4 }),
      outboxes: this.outboxes,
      backlog,
      tally: this.tally,
      nowMs,
    });
    const { ladder } = pressure;
    this.stream = new DriverStream(settings, verifier, { ...settings, intake, ladder, verifier, nowMs }, () => 0.5);
    this.stream.attach(server);
    this.outboxes.start(10);
  }

  static async start(settings: Partial<typeof DEFAULTS> = {}): Promise<Gateway> {
    const server = createServer(async (head, response) => {
      gateway.requests.push({ head, body: Buffer.concat(await head.toArray()).toString() });
      response.writeHead(202).end('taken');
    });
    const gateway = new Gateway({ ...DEFAULTS, ...settings }, server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    cleanUps.push(async () => {
      gateway.release();
      gateway.stream.announceEnd();
      await gateway.outboxes.drain(1_000);
      await gateway.stream.close();
      server.closeAllConnections();
      server.close();
    });
    return gateway;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Lets the stream acknowledge everything. */
  release(): void {
    this.isHolding = false;
    for (const answer of this.held.splice(0)) answer({ kind: 'stored' });
  }

  async #publish(): Promise<PublishResult> {
    return this.isHolding ? new Promise((resolve) => this.held.push(resolve)) : { kind: 'stored' };
  }
}

/** A client, with all that it was told. */
export class Client {
  readonly told: ServerFrame[] = [];
  readonly closed: Promise<number>;
  readonly socket: WebSocket;
  #frames = 0;

  private constructor(
    port: number,
    token: string,
    private readonly codec: FrameCodec,
    options: object,
  ) {
    this.socket = new WebSocket(`ws://127.0.0.1:${port}${STREAM_PATH}`, codec.subprotocol, {
      headers: { authorization: `Bearer ${token}` },
      ...options,
    });
    this.socket.on('message', (message) => this.told.push(codec.readServerFrame(message as Buffer)));
    this.closed = new Promise((resolve) => this.socket.on('close', resolve));
    cleanUps.push(() => this.socket.terminate());
  }

  static async open(gateway: Gateway, token: string, codec = JSON_FRAMES, options = {}): Promise<Client> {
    const client = new Client(gateway.port, token, codec, options);
    await once(client.socket, 'open');
    return client;
  }

  /** Sends a frame of so many drivers' pings. */
  ping(drivers = 1): void {
    const frame = ++this.#frames;
    const pings = Array.from({ length: drivers }, (_, i) => ({
      ...{ ...PLACE, driverId: `d-${frame}-${i}`, capturedAtMs: Date.now() },
    }));
    this.socket.send(this.codec.writeClientFrame({ frameSeq: frame, pings }));
  }

  async ask(auth: string): Promise<ServerFrame> {
    this.socket.send(this.codec.writeClientFrame({ frameSeq: 99, auth }));
    const before = this.told.length;
    await until('an answer', () => this.told.length > before);
    return this.told.at(-1) as ServerFrame;
  }
}

export const tokenOf = (claims: Partial<Claims> = {}, ttlSeconds = 60) =>
  signToken({ secret: SECRET, claims: { subject: 'acme', role: 'fleet', ...claims }, ttlSeconds });
