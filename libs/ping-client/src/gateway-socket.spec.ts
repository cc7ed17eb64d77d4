import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { FRAME_CODECS, type FrameCodec, JSON_FRAMES, type ServerFrame, type WirePing } from '@hexfleet/wire';
import { afterEach, describe, expect, it } from '@jest/globals';
import { type WebSocket, WebSocketServer } from 'ws';
import { GatewaySocket, type GatewaySocketOptions } from './gateway-socket.js';

const PING: WirePing = { driverId: 'd-1', lat: 37.77, lng: -122.42, capturedAtMs: 1_700_000_000_000, seq: 1 };
const NEXT = { afterMs: 4_000, minMoveM: 25 };

/** The pings of a frame, all accepted. */
function accepted(frameSeq: number | undefined, pings: number): ServerFrame {
  const none = { coalesced: 0, shed: 0, rejected: 0, unavailable: 0 };
  return { frameSeq, accepted: pings, ...none, results: [], next: NEXT };
}

type Answerer = (socket: WebSocket, frameSeq: number | undefined, pings: number, codec: FrameCodec) => void;

const answerAll: Answerer = (socket, frameSeq, pings, codec) => {
  socket.send(codec.writeServerFrame(accepted(frameSeq, pings)));
};

/** A small gateway: it checks the token and lets `onPings` say what to do with a frame. */
async function startGateway(onPings: Answerer, port = 0) {
  const server: Server = createServer();
  const sockets = new WebSocketServer({ noServer: true, handleProtocols: ([first]) => first ?? false });
  const tokens: string[] = [];
  server.on('upgrade', (request, socket, head) => {
    if (request.headers.authorization !== 'Bearer good') {
      const problem = JSON.stringify({ code: 'unauthenticated', title: 'No or bad token', status: 401 });
      const head = `HTTP/1.1 401 Unauthorized\r\ncontent-length: ${problem.length}\r\n\r\n`;
      socket.end(head + problem);
      return;
    }
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      const codec = FRAME_CODECS.find(({ subprotocol }) => subprotocol === webSocket.protocol) ?? JSON_FRAMES;
      webSocket.on('message', (message) => {
        const frame = codec.readClientFrame(message as Buffer);
        if (frame.kind === 'auth') {
          tokens.push(frame.token);
          webSocket.send(codec.writeServerFrame({ frameSeq: frame.frameSeq, authExpiresAtMs: 5 }));
        }
        if (frame.kind === 'pings') onPings(webSocket, frame.frameSeq, frame.request.pings.length, codec);
      });
    });
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address() as AddressInfo;
  return {
    port: address.port,
    url: `http://127.0.0.1:${address.port}`,
    tokens,
    clients: sockets.clients,
    async stop() {
      for (const client of sockets.clients) client.terminate();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const cleanUps: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

async function gateway(onPings: Answerer = answerAll, port = 0) {
  const started = await startGateway(onPings, port);
  cleanUps.push(() => started.stop());
  return started;
}

function socketTo(gatewayUrl: string, options: Partial<GatewaySocketOptions> = {}): GatewaySocket {
  const socket = new GatewaySocket({ gatewayUrl, token: 'good', ...options });
  cleanUps.push(() => socket.close());
  return socket;
}

describe('a gateway socket', () => {
  it.each(FRAME_CODECS.map((codec) => [codec.subprotocol, codec] as const))(
    'sends frames and gets their answers, in %s',
    async (_name, codec) => {
      const { url } = await gateway();
      const socket = socketTo(url, { codec });
      const replies = await Promise.all([socket.send([PING]), socket.send([PING, PING]), socket.send([PING])]);
      expect(replies.map((reply) => reply.kind === 'answered' && reply.answer.accepted)).toEqual([1, 2, 1]);
      expect(socket.isOpen).toBe(true);
    },
  );

  it('matches answers by frame, not by order', async () => {
    const held: (() => void)[] = [];
    const { url } = await gateway((socket, frameSeq, pings, codec) => {
      held.push(() => answerAll(socket, frameSeq, pings, codec));
      if (held.length === 3) for (const answer of held.reverse()) answer();
    });
    const socket = socketTo(url);
    const replies = await Promise.all([1, 2, 3].map((pings) => socket.send(Array(pings).fill(PING))));
    expect(replies.map((reply) => reply.kind === 'answered' && reply.answer.accepted)).toEqual([1, 2, 3]);
  });

  it('keeps to its window', async () => {
    let unanswered = 0;
    let most = 0;
    const { url } = await gateway((socket, frameSeq, pings, codec) => {
      most = Math.max(most, ++unanswered);
      setTimeout(() => {
        unanswered--;
        answerAll(socket, frameSeq, pings, codec);
      }, 2);
    });
    const socket = socketTo(url, { windowFrames: 3 });
    await socket.connect();
    await Promise.all(Array.from({ length: 20 }, () => socket.send([PING])));
    expect(most).toBe(3);
  });

  it('says why it was not let in', async () => {
    const { url } = await gateway();
    expect(await socketTo(url, { token: 'bad' }).send([PING])).toEqual({
      kind: 'refused',
      status: 401,
      code: 'unauthenticated',
      detail: 'No or bad token',
    });
  });

  it('passes on the refusal of a frame, and goes on', async () => {
    let frames = 0;
    const { url } = await gateway((socket, frameSeq, pings, codec) => {
      if (++frames > 1) return answerAll(socket, frameSeq, pings, codec);
      const error = { code: 'forbidden', title: 'Forbidden', status: 403, detail: "another driver's id" };
      socket.send(codec.writeServerFrame({ frameSeq, error }));
    });
    const socket = socketTo(url);
    const refusal = { kind: 'refused', status: 403, code: 'forbidden', detail: "another driver's id" };
    expect(await socket.send([PING])).toEqual(refusal);
    expect(await socket.send([PING])).toMatchObject({ kind: 'answered' });
  });

  it('loses what is on the way when the gateway dies, and finds it again when it is back', async () => {
    const first = await gateway(() => {});
    const socket = socketTo(first.url);
    await socket.connect();
    const onTheWay = [socket.send([PING]), socket.send([PING])];
    await first.stop();
    expect((await Promise.all(onTheWay)).map(({ kind }) => kind)).toEqual(['lost', 'lost']);
    expect(await socket.send([PING])).toMatchObject({ kind: 'lost' });
    await gateway(answerAll, first.port);
    expect(await socket.send([PING])).toMatchObject({ kind: 'answered' });
  });

  it('loses a frame that is not answered in time', async () => {
    const { url } = await gateway(() => {});
    expect(await socketTo(url, { answerTimeoutMs: 50 }).send([PING])).toEqual({
      kind: 'lost',
      detail: 'no answer for 50 ms',
    });
  });

  it('leaves when the gateway says so: answers still come, later frames take a new connection', async () => {
    let connections = 0;
    const { url } = await gateway((socket, frameSeq, pings, codec) => {
      if (++connections > 1) return answerAll(socket, frameSeq, pings, codec);
      socket.send(codec.writeServerFrame({ goingAway: { reconnectAfterMs: 20 } }));
      setTimeout(() => answerAll(socket, frameSeq, pings, codec), 30);
    });
    const socket = socketTo(url);
    const first = socket.send([PING]);
    await new Promise((resolve) => setTimeout(resolve, 15));
    const second = socket.send([PING, PING]);
    expect(await first).toMatchObject({ kind: 'answered', answer: { accepted: 1 } });
    expect(await second).toMatchObject({ kind: 'answered', answer: { accepted: 2 } });
  });

  it('does not come back once it is closed, though it was told to come back later', async () => {
    let connections = 0;
    const { url, clients } = await gateway((socket, frameSeq, pings, codec) => {
      connections++;
      answerAll(socket, frameSeq, pings, codec);
      socket.send(codec.writeServerFrame({ goingAway: { reconnectAfterMs: 100 } }));
    });
    const socket = socketTo(url);
    expect(await socket.send([PING])).toMatchObject({ kind: 'answered' });
    await new Promise((resolve) => setTimeout(resolve, 20));
    const late = socket.send([PING]);
    await socket.close();
    expect(await late).toMatchObject({ kind: 'lost' });
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect([connections, clients.size, await socket.send([PING])]).toEqual([
      1,
      0,
      { kind: 'lost', detail: 'the socket was closed here' },
    ]);
  });

  it('renews its token', async () => {
    const started = await gateway();
    const socket = socketTo(started.url);
    await socket.connect();
    expect(await socket.renew('newer')).toBeUndefined();
    expect(started.tokens).toEqual(['newer']);
  });

  it('survives an answer that is no frame', async () => {
    let frames = 0;
    const { url } = await gateway((socket, frameSeq, pings, codec) => {
      if (++frames > 1) return answerAll(socket, frameSeq, pings, codec);
      socket.send('{"acc');
    });
    const socket = socketTo(url);
    expect(await socket.send([PING])).toMatchObject({ kind: 'lost' });
    expect(await socket.send([PING])).toMatchObject({ kind: 'answered' });
  });
});
