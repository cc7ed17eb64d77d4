import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { PingPoster, postPings } from './ping-poster.js';

const PING = { driverId: 'd-1', lat: 37.77, lng: -122.42, capturedAtMs: 1_700_000_000_000 };
const ANSWER = {
  accepted: 1,
  coalesced: 0,
  shed: 0,
  rejected: 0,
  unavailable: 0,
  results: [],
  next: { afterMs: 4_000, minMoveM: 25 },
};

let server: Server | undefined;

afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

async function serve(
  respond: (request: IncomingMessage, body: string, response: ServerResponse) => void,
): Promise<string> {
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => respond(request, body, response));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('posting pings', () => {
  it('sends them with the token and the time of sending, on one connection, and reads the answer', async () => {
    const seen: unknown[] = [];
    const connections = new Set<unknown>();
    const gatewayUrl = await serve((request, body, response) => {
      seen.push([request.url, request.headers.authorization, request.headers['content-type'], JSON.parse(body)]);
      connections.add(request.socket);
      response.writeHead(202, { 'content-type': 'application/json' }).end(JSON.stringify(ANSWER));
    });
    const poster = new PingPoster({ gatewayUrl, token: 't' });
    expect(await poster.send([PING], 5)).toEqual({ kind: 'answered', answer: ANSWER });
    expect(await poster.send([PING], 6)).toEqual({ kind: 'answered', answer: ANSWER });
    await poster.close();
    expect(seen).toEqual(
      [5, 6].map((sentAtMs) => {
        return ['/v1/fleet/pings', 'Bearer t', 'application/json', { sentAtMs, pings: [PING] }];
      }),
    );
    expect(connections.size).toBe(1);
  });

  it('passes on a refusal with its code and how long to wait', async () => {
    const gatewayUrl = await serve((_request, _body, response) => {
      const problem = { code: 'unavailable', title: 'Unavailable', detail: 'no stream', status: 503 };
      response.writeHead(503, { 'content-type': 'application/problem+json', 'retry-after': '2' });
      response.end(JSON.stringify(problem));
    });
    const poster = new PingPoster({ gatewayUrl, token: 't' });
    expect(await poster.send([PING])).toEqual({
      kind: 'refused',
      status: 503,
      code: 'unavailable',
      detail: 'no stream',
      retryAfterMs: 2_000,
    });
    await poster.close();
  });

  it('says lost when nobody is there, when the answer is cut off, and when it takes too long', async () => {
    let requests = 0;
    const gatewayUrl = await serve((request, _body, response) => {
      if (++requests > 1) return;
      response.writeHead(202, { 'content-length': '500' }).write('{"accepted"');
      request.socket.end();
    });
    const poster = new PingPoster({ gatewayUrl, token: 't', timeoutMs: 100 });
    expect(await poster.send([PING])).toMatchObject({ kind: 'lost' });
    expect(await poster.send([PING])).toEqual({ kind: 'lost', detail: 'no answer for 100 ms' });
    const nobody = new PingPoster({ gatewayUrl: 'http://127.0.0.1:1', token: 't' });
    expect(await nobody.send([PING])).toMatchObject({ kind: 'lost', detail: expect.stringContaining('ECONNREFUSED') });
    await poster.close();
  });

  it('shows a script the response itself, whatever the body', async () => {
    const url = await serve((_request, body, response) => response.writeHead(400).end(`"${body.length}"`));
    expect(await postPings(`${url}/v1/pings`, 't', '{"pings":')).toMatchObject({ status: 400, json: '9' });
    expect(await postPings(`${url}/v1/pings`, 't', { pings: [] })).toMatchObject({ status: 400, text: '"12"' });
  });
});
