import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Claims, signToken } from '@hexfleet/access';
import { type HttpReply, postPings } from '@hexfleet/ping-client';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { WebSocket } from 'ws';
import { type RunningHexfleet, startHexfleet, until } from '../harness/index.js';
import { FleetView } from './fleet-view.js';
import { Operator } from './operator.js';

const YEAR_MS = 365 * 24 * 3_600_000;

let hexfleet: RunningHexfleet;
let view: FleetView;
let secret: string;

beforeAll(async () => {
  hexfleet = await startHexfleet();
  // A good ping is expected to be accepted.
  await new Operator(hexfleet).changePolicy({ mode: 'off' });
  view = new FleetView(hexfleet);
  secret = (JSON.parse(readFileSync(join(hexfleet.dataDir, 'secrets.json'), 'utf8')) as { jwtSecret: string })
    .jwtSecret;
});
afterAll(() => hexfleet?.stop());

const PLACE = { lat: 37.7749, lng: -122.4194 };
let drivers = 0;
const newDriver = () => `bad-${++drivers}`;

/** The outcome and code of one fleet ping, `accepted` where the answer names none. */
async function outcomeOf(ping: object, body: object = {}): Promise<string> {
  const reply = await view.post({
    ...body,
    pings: [{ driverId: newDriver(), ...PLACE, capturedAtMs: Date.now(), ...ping }],
  });
  return outcomeIn(reply, 0);
}

function outcomeIn(reply: HttpReply, index: number): string {
  if (reply.status !== 202) return String(reply.status);
  const { results } = reply.json as { results: { index: number; outcome: string; code?: string }[] };
  const result = results.find((one) => one.index === index);
  return result === undefined ? 'accepted' : (result.code ?? result.outcome);
}

/** The status and problem code of a request that is refused as a whole. */
function problemOf(reply: HttpReply): [number, string] {
  expect(reply.headers['content-type']).toMatch(/^application\/problem\+json/);
  expect(reply.text).not.toMatch(/\bat .*\.(js|ts):\d+/);
  return [reply.status, (reply.json as { code: string }).code];
}

const token = (claims: Partial<Claims> & Pick<Claims, 'subject' | 'role'>, ttlSeconds = 60) =>
  signToken({ secret, claims, ttlSeconds });
const asDriver = async (sub: string, body: unknown) =>
  postPings(`${hexfleet.ready.gateway}/v1/pings`, await token({ subject: sub, role: 'driver' }), body);

/** What the same body is answered 30 s later; the other tests pass that time. */
let thirtySecondsLater: Promise<string> | undefined;

describe('a ping that is wrong', () => {
  it.each([
    ['a place at 0,0', { lat: 0, lng: 0 }, 'bad_coordinates'],
    ['latitude 91', { lat: 91 }, 'bad_coordinates'],
    ['latitude 89.9', { lat: 89.9 }, 'bad_coordinates'],
    ['longitude 181', { lng: 181 }, 'bad_coordinates'],
    ['a latitude in a string', { lat: '37.7' }, 'bad_field'],
    ['a longitude of null, as JSON writes NaN', { lng: Number.NaN }, 'bad_field'],
    ['a time in a string', { capturedAtMs: 'now' }, 'bad_field'],
    ['a speed in a string', { speedMps: '8' }, 'bad_field'],
    ['255 mph', { speedMps: 113.9952 }, 'bad_field'],
    ['a heading of 361', { headingDeg: 361 }, 'bad_field'],
    ['an unknown status', { status: 'flying' }, 'bad_field'],
    ['a driver id of 65 characters', { driverId: 'x'.repeat(65) }, 'bad_field'],
    ['a driver id with a newline', { driverId: 'a\nb' }, 'bad_field'],
    ['an accuracy of 5 km', { accuracyM: 5_000 }, 'inaccurate'],
  ])('%s comes back with its code', async (_, ping, code) => {
    expect(await outcomeOf(ping)).toBe(code);
  });

  it('is in the future by a year, or an hour old', async () => {
    expect(await outcomeOf({ capturedAtMs: Date.now() + YEAR_MS })).toBe('future');
    expect(await outcomeOf({ capturedAtMs: Date.now() - 3_600_000 })).toBe('too_old');
  });

  it('does not freeze its driver: after a year ahead, the next good one counts', async () => {
    const driverId = newDriver();
    expect(await outcomeOf({ driverId, capturedAtMs: Date.now() + YEAR_MS })).toBe('future');
    expect(await outcomeOf({ driverId, capturedAtMs: Date.now() })).toBe('accepted');
    const phone = newDriver();
    const ahead = () => Date.now() + YEAR_MS;
    expect((await asDriver(phone, { sentAtMs: ahead(), pings: [{ ...PLACE, capturedAtMs: ahead() }] })).status).toBe(
      202,
    );
    await until('the phone a year ahead is seen at the right time', async () => {
      const seen = await view.driver(phone);
      return seen !== undefined && Math.abs(seen.capturedAtMs - Date.now()) < 10_000;
    });
    await sleep(20);
    const mended = await asDriver(phone, { sentAtMs: Date.now(), pings: [{ ...PLACE, capturedAtMs: Date.now() }] });
    expect(mended.status).toBe(202);
  });

  it('is sent a second time at once', async () => {
    const body = { pings: [{ driverId: newDriver(), ...PLACE, capturedAtMs: Date.now() }] };
    const send = async () => outcomeIn(await view.post(body), 0);
    expect(await send()).toBe('accepted');
    thirtySecondsLater = sleep(30_000).then(send).catch(String);
    expect(await send()).toBe('duplicate');
  });

  it('jumps: quarantined, and believed once the next agrees', async () => {
    const driverId = newDriver();
    const nowMs = Date.now();
    expect(await outcomeOf({ driverId, capturedAtMs: nowMs - 3_000 })).toBe('accepted');
    expect(await outcomeOf({ driverId, lat: 40, capturedAtMs: nowMs - 2_000 })).toBe('impossible_jump');
    expect(await outcomeOf({ driverId, lat: 40.0001, capturedAtMs: nowMs - 1_000 })).toBe('accepted');
  });

  it('leaves the others of its batch alone', async () => {
    const good = { driverId: newDriver(), ...PLACE, capturedAtMs: Date.now() };
    const reply = await view.post({ pings: [null, 7, 'x', [], { ...good, driverId: '__proto__' }, good] });
    expect([0, 1, 2, 3, 5].map((index) => outcomeIn(reply, index))).toEqual([
      ...Array(4).fill('bad_field'),
      'accepted',
    ]);
    expect(reply.json).toMatchObject({ rejected: 4, accepted: 2 });
  });

  it('carries names that JavaScript gives a meaning to, as a driver like any other', async () => {
    for (const driverId of ['__proto__', 'constructor', 'toString']) {
      await outcomeOf({ driverId, capturedAtMs: Date.now() });
      await until(`${driverId} is shown`, async () => (await view.driver(driverId))?.id === driverId);
    }
    const poisoned = await view.post(
      '{"pings":[{"__proto__":{"lat":1},"driverId":"p","lat":1,"lng":1,"capturedAtMs":1}]}',
    );
    expect(poisoned.status).toBe(202);
    expect(({} as { lat?: number }).lat).toBeUndefined();
  });
});

describe('a request that is wrong as a whole', () => {
  const good = () => ({ driverId: newDriver(), ...PLACE, capturedAtMs: Date.now() });

  it('has no pings, 501 of them, 10 MB, broken JSON or another type', async () => {
    expect(problemOf(await view.post({ pings: [] }))).toEqual([400, 'invalid_request']);
    expect(problemOf(await view.post({ pings: 'many' }))).toEqual([400, 'invalid_request']);
    expect(problemOf(await view.post({ pings: Array.from({ length: 501 }, good) }))).toEqual([400, 'invalid_request']);
    expect((await view.post({ pings: Array.from({ length: 500 }, good) })).status).toBe(202);
    expect(problemOf(await view.post({ pad: 'x'.repeat(10_000_000), pings: [good()] }))).toEqual([413, 'too_large']);
    expect(problemOf(await view.post('{"pings": [{"lat": 37.7'))).toEqual([400, 'invalid_json']);
    const form = await fetch(`${hexfleet.ready.gateway}/v1/fleet/pings`, {
      method: 'POST',
      headers: { authorization: `Bearer ${hexfleet.ready.tokens.fleet}`, 'content-type': 'text/csv' },
      body: 'lat,lng',
    });
    expect([form.status, ((await form.json()) as { code: string }).code]).toEqual([415, 'unsupported_media_type']);
  });

  it('has a token that is expired, of another role, signed by another key, unsigned, or none', async () => {
    const url = `${hexfleet.ready.gateway}/v1/pings`;
    const body = { pings: [{ ...PLACE, capturedAtMs: Date.now() }] };
    const code = async (bearer: string) => problemOf(await postPings(url, bearer, body));
    expect(await code(await token({ subject: 'd-1', role: 'driver' }, -3_600))).toEqual([401, 'unauthenticated']);
    expect(await code(hexfleet.ready.tokens.rider)).toEqual([403, 'forbidden']);
    const other = { secret: 's'.repeat(40), claims: { subject: 'd-1', role: 'driver' } as const, ttlSeconds: 60 };
    expect(await code(await signToken(other))).toEqual([401, 'unauthenticated']);
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const claims = { sub: 'd-1', role: 'driver', exp: Math.floor(Date.now() / 1_000) + 60 };
    expect(await code(`${part({ alg: 'none', typ: 'JWT' })}.${part(claims)}.`)).toEqual([401, 'unauthenticated']);
    expect(await code('x')).toEqual([401, 'unauthenticated']);
    expect((await fetch(url, { method: 'POST', body: '{}' })).status).toBe(401);
  });

  it('has another driver`s id, in full and hidden in a batch', async () => {
    const mine = { ...PLACE, capturedAtMs: Date.now() };
    const body = { pings: [mine, { ...mine, driverId: 'd-other' }] };
    expect(problemOf(await asDriver('d-me', body))).toEqual([403, 'forbidden']);
    expect(await view.driver('d-other')).toBeUndefined();
  });
});

describe('a socket', () => {
  const open = async (protocol: string, bearer: string): Promise<WebSocket> => {
    const url = `${hexfleet.ready.gateway.replace('http', 'ws')}/v1/drivers/stream`;
    const socket = new WebSocket(url, protocol, { headers: { authorization: `Bearer ${bearer}` } });
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
    return socket;
  };
  const next = (socket: WebSocket) =>
    new Promise<{ closed: number } | { said: string }>((resolve) => {
      socket.once('message', (data) => resolve({ said: String(data) }));
      socket.once('close', (closed) => resolve({ closed }));
    });

  it('is closed on a truncated protobuf frame and on broken JSON', async () => {
    const truncated = await open('hexfleet.v1.proto', hexfleet.ready.tokens.fleet);
    truncated.send(Buffer.from([0x08, 0x01, 0x1a, 0x30, 0x09]));
    expect(await next(truncated)).toEqual({ closed: 1007 });
    const broken = await open('hexfleet.v1.json', hexfleet.ready.tokens.fleet);
    broken.send('{"frameSeq": 1, "pings": [');
    expect(await next(broken)).toEqual({ closed: 1007 });
  });

  it('is closed on a 10 MB frame', async () => {
    const socket = await open('hexfleet.v1.json', hexfleet.ready.tokens.fleet);
    socket.on('error', () => {});
    socket.send('x'.repeat(10_000_000));
    expect(await next(socket)).toEqual({ closed: 1009 });
  });

  it('refuses another driver`s id and goes on', async () => {
    const socket = await open('hexfleet.v1.json', await token({ subject: 'd-ws', role: 'driver' }));
    const ping = { ...PLACE, capturedAtMs: Date.now() };
    socket.send(JSON.stringify({ frameSeq: 1, pings: [{ ...ping, driverId: 'd-other' }] }));
    expect(await next(socket)).toEqual({ said: expect.stringContaining('"forbidden"') });
    socket.send(JSON.stringify({ frameSeq: 2, pings: [ping] }));
    expect(await next(socket)).toEqual({ said: expect.stringContaining('"accepted":1') });
    socket.close();
  });

  it('is closed with 4401 when its token expires', async () => {
    const socket = await open('hexfleet.v1.json', await token({ subject: 'd-ws', role: 'driver' }, 2));
    expect(await next(socket)).toEqual({ closed: 4401 });
  }, 60_000);
});

describe('places at the edge', () => {
  it('finds a driver at 179.999 from −179.999', async () => {
    await outcomeOf({ driverId: 'edge', lat: -17, lng: 179.999 });
    await until('it is found', async () => (await view.near(-17, -179.999, 1, 1_000))[0]?.id === 'edge');
    const [found] = await view.near(-17, -179.999, 1, 1_000);
    expect(found?.distanceM).toBeCloseTo(212.7, 0);
  });
});

it('a ping is still a duplicate 30 s later', async () => {
  expect(await thirtySecondsLater).toBe('duplicate');
});

it('after all of this, still serves, and the books balance', async () => {
  const driverId = newDriver();
  expect(await outcomeOf({ driverId })).toBe('accepted');
  await until('it is shown', () => view.driver(driverId));
  const { partitions } = await view.balanced();
  expect(partitions).toBe(64);
  for (const url of [hexfleet.ready.gateway, hexfleet.ready.nearby, hexfleet.ready.ops, ...hexfleet.ready.writers]) {
    expect([url, (await fetch(`${url}/readyz`)).status]).toEqual([url, 200]);
  }
});
