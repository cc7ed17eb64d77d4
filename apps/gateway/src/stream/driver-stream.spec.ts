import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { JSON_FRAMES, PROTO_FRAMES } from '@hexfleet/wire';
import { describe, expect, it } from '@jest/globals';
import { SignJWT } from 'jose';
import { WebSocket } from 'ws';
import { until } from '../../../../test/harness/until.js';
import { CLOSE } from './close-codes.js';
import { Client, cleanUps, Gateway, SECRET, tokenOf } from './gateway.fixture.js';
import { STREAM_PATH } from './upgrade-request.js';

describe('a token sent over a socket', () => {
  it.each([JSON_FRAMES, PROTO_FRAMES])('renews the one it was opened with, in $subprotocol', async (codec) => {
    const gateway = await Gateway.start();
    const client = await Client.open(gateway, await tokenOf({}, 8), codec);
    const exp = Math.floor(Date.now() / 1_000) + 60 + 0.0004567;
    const token = await new SignJWT({ role: 'fleet', exp })
      .setProtectedHeader({ alg: 'HS256' })
      .setSubject('acme')
      .sign(Buffer.from(SECRET));
    expect(await client.ask(token)).toEqual({ frameSeq: 99, authExpiresAtMs: Math.floor(exp * 1_000) });
    await sleep(9_500);
    expect(client.socket.readyState).toBe(WebSocket.OPEN);
  });

  it('is refused when it is another subject`s or no good, and the socket goes on', async () => {
    const gateway = await Gateway.start();
    const client = await Client.open(gateway, await tokenOf());
    expect(await client.ask(await tokenOf({ subject: 'other' }))).toMatchObject({ error: { code: 'forbidden' } });
    expect(await client.ask('x')).toMatchObject({ frameSeq: 99, error: { code: 'unauthenticated', status: 401 } });
    client.ping();
    await until('an answer', () => client.told.length === 3);
    expect(client.told[2]).toMatchObject({ frameSeq: 1, accepted: 1 });
  });
});

describe('a socket', () => {
  it('is told that the gateway stops, gets the answers that are due, and is closed with 1001', async () => {
    const gateway = await Gateway.start();
    gateway.isHolding = true;
    const client = await Client.open(gateway, await tokenOf());
    client.ping();
    await until('the frame is under way', () => gateway.held.length === 1);
    gateway.stream.announceEnd();
    await until('it is told', () => client.told.length === 1);
    gateway.release();
    await gateway.outboxes.drain(1_000);
    await gateway.stream.close();
    expect(await client.closed).toBe(1001);
    expect(client.told).toEqual([
      { goingAway: { reconnectAfterMs: 5_000 } },
      expect.objectContaining({ frameSeq: 1, accepted: 1 }),
    ]);
  });

  it.each([
    [PROTO_FRAMES, '{}'],
    [JSON_FRAMES, Buffer.from([8, 1])],
  ])('is closed with 1003 on a message of the other kind, under $subprotocol', async (codec, message) => {
    const client = await Client.open(await Gateway.start(), await tokenOf(), codec);
    client.socket.send(message);
    expect(await client.closed).toBe(1003);
  });

  it('gets its answers before it is closed, though all of it comes in one turn', async () => {
    const gateway = await Gateway.start();
    const client = await Client.open(gateway, await tokenOf());
    const nowhere = { lat: 0, lng: 0, driverId: 'd-1', capturedAtMs: Date.now() };
    for (let frameSeq = 1; frameSeq <= 3; frameSeq++) {
      client.socket.send(JSON_FRAMES.writeClientFrame({ frameSeq, pings: [nowhere] }));
    }
    client.socket.send(Buffer.of(1));
    expect(await client.closed).toBe(CLOSE.wrongKind);
    expect(client.told.map((frame) => ('frameSeq' in frame ? frame.frameSeq : undefined))).toEqual([1, 2, 3]);
  });

  it('is closed with 1013 when its client does not read', async () => {
    const gateway = await Gateway.start({ maxBufferedBytes: 65_536, closeTimeoutMs: 120_000 });
    const client = await Client.open(gateway, await tokenOf());
    client.socket.pause();
    const frame = JSON.stringify({ frameSeq: 1, pings: Array(500).fill(0) });
    for (let i = 0; i < 1_000 && gateway.stream.openSockets > 0; i++) {
      client.socket.send(frame);
      if (i % 50 === 0) await sleep(20);
    }
    client.socket.resume();
    expect(await client.closed).toBe(1013);
  });

  it('is not read while too many of its frames wait for their answers', async () => {
    const gateway = await Gateway.start({ maxFramesInFlight: 4 });
    gateway.isHolding = true;
    const client = await Client.open(gateway, await tokenOf());
    for (let i = 0; i < 4; i++) client.ping();
    await until('they are read', () => gateway.stream.frames === 4);
    for (let i = 0; i < 4; i++) client.ping();
    await sleep(200);
    expect(gateway.stream.frames).toBe(4);
    gateway.release();
    await until('all are answered', () => client.told.length === 8);
    expect(client.told.every((frame) => 'accepted' in frame && frame.accepted === 1)).toBe(true);
  });

  it('is told `overload` when too many pings wait for the stream', async () => {
    const gateway = await Gateway.start({ maxPendingPings: 2 });
    gateway.isHolding = true;
    const client = await Client.open(gateway, await tokenOf());
    client.ping(3);
    await until('two wait', () => gateway.tally.shed.overload.available === 1);
    gateway.release();
    await until('an answer', () => client.told.length === 1);
    const shed = [{ index: 2, outcome: 'shed', code: 'overload' }];
    expect(client.told[0]).toMatchObject({ accepted: 2, shed: 1, results: shed });
  });

  it('that is silent is pinged, and cut when nothing comes back', async () => {
    const gateway = await Gateway.start({ idleMs: 1_000 });
    const [alive, dead] = [
      await Client.open(gateway, await tokenOf()),
      await Client.open(gateway, await tokenOf(), JSON_FRAMES, { autoPong: false }),
    ];
    expect(await dead.closed).toBe(1006);
    await sleep(1_500);
    expect([alive.socket.readyState, gateway.stream.openSockets]).toEqual([WebSocket.OPEN, 1]);
  });

  it('too many is refused with 503, until another is closed', async () => {
    const gateway = await Gateway.start({ maxSockets: 2 });
    const token = await tokenOf();
    const [first] = [await Client.open(gateway, token), await Client.open(gateway, token)];
    const third = new WebSocket(`ws://127.0.0.1:${gateway.port}${STREAM_PATH}`, {
      headers: { authorization: `Bearer ${token}` },
    });
    third.on('error', () => {});
    const [, response] = (await once(third, 'unexpected-response')) as [unknown, IncomingMessage];
    expect([response.statusCode, response.headers['retry-after']]).toEqual([503, '7']);
    third.terminate();
    first?.socket.close();
    await until('there is room', () => gateway.stream.openSockets === 1);
    await Client.open(gateway, token);
  });
});

describe('a request that offers another upgrade', () => {
  it('is served as if it had not', async () => {
    const gateway = await Gateway.start();
    const headers = { connection: 'Upgrade, HTTP2-Settings', upgrade: 'h2c', 'http2-settings': 'AAMAAABk' };
    for (const body of ['a', 'b'.repeat(200_000)]) {
      const sent = request({ port: gateway.port, host: '127.0.0.1', method: 'POST', path: '/v1/pings', headers });
      sent.end(body);
      const [response] = (await once(sent, 'response')) as [IncomingMessage];
      expect([response.statusCode, Buffer.concat(await response.toArray()).toString()]).toEqual([202, 'taken']);
    }
    expect(gateway.requests.map(({ body }) => body.length)).toEqual([1, 200_000]);
    const [first] = gateway.requests;
    expect([first?.head.method, first?.head.url, first?.head.headers.upgrade]).toEqual([
      'POST',
      '/v1/pings',
      undefined,
    ]);
  });

  it('may be followed by others on its connection', async () => {
    const gateway = await Gateway.start();
    const socket = connect(gateway.port, '127.0.0.1');
    cleanUps.push(() => socket.destroy());
    let answers = '';
    socket.on('data', (data) => {
      answers += data;
    });
    for (let i = 1; i <= 3; i++) {
      socket.write('POST /x HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 2\r\n\r\nh');
      await sleep(30);
      socket.write('i');
      await until(`answer ${i}`, () => answers.split('taken').length === i + 1);
    }
    expect(gateway.requests.map(({ body }) => body)).toEqual(['hi', 'hi', 'hi']);
  });
});
