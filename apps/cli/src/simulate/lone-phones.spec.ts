import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AnswerTally } from '@hexfleet/ping-client';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { LonePhones } from './lone-phones.js';

const MINUTES_AHEAD_MS = 300_000;

interface Request {
  readonly url: string | undefined;
  readonly authorization: string | undefined;
  readonly sentAtMs: number;
  readonly driverIds: string[];
}

const requests: Request[] = [];
const server = createServer(async (request, response) => {
  const body = JSON.parse(Buffer.concat(await request.toArray()).toString());
  const driverIds = body.pings.map((ping: { driverId: string }) => ping.driverId);
  requests.push({ url: request.url, authorization: request.headers.authorization, sentAtMs: body.sentAtMs, driverIds });
  const counts = { accepted: body.pings.length, coalesced: 0, shed: 0, rejected: 0, unavailable: 0 };
  response.writeHead(202).end(JSON.stringify({ ...counts, results: [], next: { afterMs: 4_000, minMoveM: 0 } }));
});
let gatewayUrl = '';

beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  gatewayUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(() => {
  server.close();
});

function pingOf(driverId: string) {
  const reading = { lat: 37.77, lng: -122.42, seq: 1, headingDeg: 0, speedMps: 0, accuracyM: 5 };
  const capturedAtMs = Date.now() + MINUTES_AHEAD_MS;
  return { ...reading, driverId, capturedAtMs, status: 'available', vehicleClass: 'car' };
}

describe('phones with a wrong clock', () => {
  it('send for themselves, each with its own token, and say when by their own clock', async () => {
    const tally = new AnswerTally();
    const signed: string[] = [];
    const tokenOf = async (driverId: string) => {
      signed.push(driverId);
      return `token-of-${driverId}`;
    };
    const phones = new LonePhones({ gatewayUrl, retries: 0, tally, tokenOf });
    const startMs = Date.now();
    for (const driverId of ['sim-1', 'sim-2', 'sim-1']) await phones.push(pingOf(driverId), MINUTES_AHEAD_MS);
    await phones.drained();
    await phones.close();
    expect(tally.counts).toMatchObject({ pings: 3, accepted: 3 });
    expect(signed).toEqual(['sim-1', 'sim-2']);
    for (const { url, authorization, sentAtMs, driverIds } of requests) {
      expect(url).toBe('/v1/pings');
      expect(new Set(driverIds.map((driverId) => `Bearer token-of-${driverId}`))).toEqual(new Set([authorization]));
      expect(sentAtMs - MINUTES_AHEAD_MS).toBeGreaterThanOrEqual(startMs);
      expect(sentAtMs - MINUTES_AHEAD_MS).toBeLessThanOrEqual(Date.now());
    }
  });
});
