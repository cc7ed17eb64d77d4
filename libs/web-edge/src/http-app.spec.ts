import { EventEmitter, once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import { type Claims, createTokenVerifier, signToken, TokenVerifier } from '@hexfleet/access';
import { createLogger, createMetrics, Metrics } from '@hexfleet/telemetry';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  BadGatewayException,
  Body,
  Controller,
  Get,
  HttpCode,
  Module,
  NotFoundException,
  Param,
  Post,
} from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { until } from '../../../test/harness/until.js';
import { BearerClaims, createHttpApp, PROBLEM_CONTENT_TYPE, PROBLEMS, Problem, Public, Roles } from './index.js';

const SECRET = 'a secret that is long enough for HS256';
const BODY_LIMIT_BYTES = 1_000;

@Controller('things')
class ThingsController {
  @Public()
  @Post()
  @HttpCode(202)
  take(@Body() body: unknown) {
    return { took: body, polluted: ({} as Record<string, unknown>).polluted ?? null };
  }

  @Roles('driver', 'viewer')
  @Get('mine')
  mine(@BearerClaims() claims: Claims) {
    return { subject: claims.subject };
  }

  @Roles('driver')
  @Post('mine')
  takeMine() {
    return {};
  }

  @Get('undeclared')
  undeclared() {
    return {};
  }

  @Public()
  @Get('broken/:how')
  broken(@Param('how') how: string) {
    if (how === 'away') throw new Problem('unavailable', 'the stream does not answer', { retryAfterSeconds: 7 });
    if (how === 'beyond') throw new BadGatewayException('inner words');
    if (how === 'nest') throw new NotFoundException('inner words');
    throw new TypeError('secret inner words');
  }
}

const metrics = createMetrics({ processMetrics: false });

@Module({
  controllers: [ThingsController],
  providers: [
    { provide: TokenVerifier, useFactory: () => createTokenVerifier({ jwtSecret: SECRET }) },
    { provide: Metrics, useValue: metrics },
  ],
})
class ThingsModule {}

/** Answers when it is told to, so that a test can stop the app meanwhile. */
@Controller('slow')
class SlowController {
  static readonly progress = new EventEmitter();

  @Public()
  @Get()
  async slow() {
    SlowController.progress.emit('arrived');
    await once(SlowController.progress, 'told');
    return { answered: true };
  }
}

@Module({ controllers: [SlowController] })
class SlowModule {}

@Module({
  controllers: [SlowController, ThingsController],
  providers: [{ provide: TokenVerifier, useFactory: () => createTokenVerifier({ jwtSecret: SECRET }) }],
})
class BoundedModule {}

let app: NestFastifyApplication;
const token = (role: Claims['role']) => signToken({ secret: SECRET, claims: { subject: 'd-1', role }, ttlSeconds: 60 });

beforeAll(async () => {
  const logger = createLogger({ app: 'test', level: 'silent' });
  app = await createHttpApp(ThingsModule, { logger, bodyLimitBytes: BODY_LIMIT_BYTES });
  await app.listen(0, '127.0.0.1');
});
afterAll(() => app.close());

type Request = Parameters<NestFastifyApplication['inject']>[0];

async function problem(request: Request) {
  const response = await app.inject(request as never);
  expect(response.headers['content-type']).toBe(PROBLEM_CONTENT_TYPE);
  const body = response.json();
  expect(body.status).toBe(response.statusCode);
  expect(body.type).toBe(`urn:hexfleet:problem:${body.code}`);
  expect(PROBLEMS[body.code as keyof typeof PROBLEMS].status).toBe(response.statusCode);
  expect(response.body).not.toMatch(/\bat .*:\d+:\d+|inner words/);
  return { code: body.code, detail: body.detail, headers: response.headers };
}

const json = { 'content-type': 'application/json' };

describe('an app at its edge', () => {
  it('takes JSON', async () => {
    const response = await app.inject({ method: 'POST', url: '/things', payload: { lat: 1 } });
    expect(response.statusCode).toBe(202);
    expect(response.json().took).toEqual({ lat: 1 });
  });

  it('drops what would replace a prototype, and takes the rest', async () => {
    const payload = '{"lat":1,"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}';
    const response = await app.inject({ method: 'POST', url: '/things', headers: json, payload });
    expect(response.json()).toEqual({ took: { lat: 1 }, polluted: null });
  });

  it.each([
    ['broken JSON', '{"lat":', 'invalid_json'],
    ['an empty body', '', 'invalid_json'],
    ['a body past the limit', JSON.stringify('x'.repeat(BODY_LIMIT_BYTES)), 'too_large'],
  ])('refuses %s', async (_, payload, code) => {
    expect((await problem({ method: 'POST', url: '/things', headers: json, payload })).code).toBe(code);
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'application/xml', 'multipart/form-data; boundary=x'])(
    'refuses a body of type %s',
    async (type) => {
      const request = { method: 'POST', url: '/things', headers: { 'content-type': type }, payload: 'a=b' } as const;
      expect((await problem(request)).code).toBe('unsupported_media_type');
    },
  );

  it('answers an unknown route, and a known one with another method', async () => {
    expect((await problem({ method: 'GET', url: '/nothing?x=1' })).code).toBe('not_found');
    const wrongMethod = await problem({ method: 'DELETE', url: '/things?x=1' });
    expect(wrongMethod.code).toBe('method_not_allowed');
    expect(wrongMethod.headers.allow).toBe('POST');
    expect((await problem({ method: 'PUT', url: '/things/broken/x' })).headers.allow).toBe('GET, HEAD');
  });

  it('answers a path that is no URL path, and one too long to route', async () => {
    expect((await problem({ method: 'GET', url: '/things/broken/%ff' })).code).toBe('invalid_request');
    expect((await problem({ method: 'GET', url: `/things/broken/${'x'.repeat(200)}` })).code).toBe('not_found');
  });

  it('hides what went wrong inside, and passes on what a handler chose to say', async () => {
    expect(await problem({ method: 'GET', url: '/things/broken/x' })).toMatchObject({ code: 'internal' });
    expect(await problem({ method: 'GET', url: '/things/broken/beyond' })).toMatchObject({ code: 'internal' });
    expect(await problem({ method: 'GET', url: '/things/broken/nest' })).toMatchObject({ code: 'not_found' });
    const away = await problem({ method: 'GET', url: '/things/broken/away' });
    expect(away).toMatchObject({ code: 'unavailable', detail: 'the stream does not answer' });
    expect(away.headers['retry-after']).toBe('7');
  });

  it('counts problems by code', async () => {
    const before = await countOf('internal');
    await app.inject({ method: 'GET', url: '/things/broken/x' });
    expect(await countOf('internal')).toBe(before + 1);
  });

  it('lets a client that is still sending read why its body is refused, and use the connection on', async () => {
    const { port } = app.getHttpServer().address() as AddressInfo;
    const socket = connect(port, '127.0.0.1');
    let answers = '';
    socket.on('data', (data) => {
      answers += data;
    });
    const partBytes = 4_096 * BODY_LIMIT_BYTES;
    const head = (bytes: number) =>
      `POST /things HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${bytes}\r\n\r\n`;
    socket.write(`${head(2 * partBytes)}${'x'.repeat(partBytes)}`);
    await until('the refusal', () => answers.includes('too_large'));
    socket.write(`${'x'.repeat(partBytes)}${head(9)}{"lat":1}`);
    await until('the next answer', () => answers.includes('202'));
    socket.destroy();
  });

  it('answers what is no HTTP with a problem, and goes on', async () => {
    const { port } = app.getHttpServer().address() as AddressInfo;
    const socket = connect(port, '127.0.0.1');
    socket.write('no http at all\r\n\r\n');
    let answer = '';
    socket.on('data', (data) => {
      answer += data;
    });
    await once(socket, 'close');
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).toContain('"code":"invalid_request"');
    expect((await app.inject({ method: 'POST', url: '/things', payload: {} })).statusCode).toBe(202);
  });
});

describe('a request that Node gives up', () => {
  /** All that comes back for what is written, up to the end of the connection. */
  async function answersTo(port: number, ...writes: string[]): Promise<string> {
    const socket = connect(port, '127.0.0.1');
    let answers = '';
    socket.on('data', (data) => {
      answers += data;
    });
    for (const text of writes) socket.write(text);
    await once(socket, 'close');
    return answers;
  }
  const portOf = (of: NestFastifyApplication) => (of.getHttpServer().address() as AddressInfo).port;

  it('is answered 431 when its headers are too large', async () => {
    const answer = await answersTo(
      portOf(app),
      `GET /things HTTP/1.1\r\nhost: x\r\nlong: ${'x'.repeat(20_000)}\r\n\r\n`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 431 /);
    expect(answer).toContain('"code":"headers_too_large"');
  });

  it('is answered 408 when it does not come in in time', async () => {
    const connection = once(app.getHttpServer(), 'connection');
    const head = 'POST /things HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{';
    const answer = answersTo(portOf(app), head);
    const [socket] = await connection;
    await once(app.getHttpServer(), 'request');
    // As Node does after its time-out, for which a test can't wait.
    app.getHttpServer().emit('clientError', Object.assign(new Error(), { code: 'ERR_HTTP_REQUEST_TIMEOUT' }), socket);
    expect(await answer).toMatch(/^HTTP\/1\.1 408 /);
    expect(await answer).toContain('"code":"request_timeout"');
  });

  it('is not answered in place of an earlier one on its connection', async () => {
    const logger = createLogger({ app: 'test', level: 'silent' });
    const slow = await createHttpApp(SlowModule, { logger });
    await slow.listen(0, '127.0.0.1');
    const answer = answersTo(portOf(slow), 'GET /slow HTTP/1.1\r\nhost: x\r\n\r\n', 'no http at all\r\n\r\n');
    expect(await answer).toBe('');
    SlowController.progress.emit('told');
    await slow.close();
  });
});

it('an app answers no more requests at a time than it is told, and its public routes all the same', async () => {
  const logger = createLogger({ app: 'test', level: 'silent' });
  const bounded = await createHttpApp(BoundedModule, { logger, maxRequests: 1 });
  await bounded.listen(0, '127.0.0.1');
  const url = `http://127.0.0.1:${(bounded.getHttpServer().address() as AddressInfo).port}`;
  const arrived = once(SlowController.progress, 'arrived');
  const first = fetch(`${url}/slow`);
  await arrived;
  const headers = { authorization: `Bearer ${await token('driver')}` };
  const second = await fetch(`${url}/things/mine`, { headers });
  expect([second.status, second.headers.get('retry-after'), await second.json()]).toEqual([
    503,
    '1',
    expect.objectContaining({ code: 'unavailable' }),
  ]);
  expect((await fetch(`${url}/things`, { method: 'POST', headers: json, body: '{}' })).status).toBe(202);
  SlowController.progress.emit('told');
  await first;
  expect((await fetch(`${url}/things/mine`, { headers })).status).toBe(200);
  await bounded.close();
});

describe('access to a route', () => {
  const bearer = async (role: Claims['role']) => ({ authorization: `Bearer ${await token(role)}` });

  it('lets in the roles named, and ops where a viewer may', async () => {
    for (const role of ['driver', 'viewer', 'ops'] as const) {
      const response = await app.inject({ method: 'GET', url: '/things/mine', headers: await bearer(role) });
      expect([role, response.statusCode]).toEqual([role, 200]);
      expect(response.json()).toEqual({ subject: 'd-1' });
    }
  });

  it('refuses other roles', async () => {
    expect((await problem({ method: 'GET', url: '/things/mine', headers: await bearer('rider') })).code).toBe(
      'forbidden',
    );
    expect((await problem({ method: 'POST', url: '/things/mine', headers: await bearer('ops') })).code).toBe(
      'forbidden',
    );
  });

  it.each([
    ['no header', undefined],
    ['a scheme alone', 'Bearer'],
    ['an empty token', 'Bearer '],
    ['what is no token', 'Bearer x'],
    ['another scheme', 'Basic dTpw'],
    ['an endless token', `Bearer ${'x'.repeat(5_000)}`],
  ])('refuses %s', async (_, authorization) => {
    const headers = authorization === undefined ? {} : { authorization };
    const refused = await problem({ method: 'GET', url: '/things/mine', headers });
    expect(refused.code).toBe('unauthenticated');
    expect(refused.headers['www-authenticate']).toBe('Bearer');
  });

  it('refuses a stranger before it reads the body', async () => {
    const payload = '{"lat":';
    expect((await problem({ method: 'POST', url: '/things/mine', headers: json, payload })).code).toBe(
      'unauthenticated',
    );
  });

  it('is closed where a handler says nothing about it', async () => {
    expect((await problem({ method: 'GET', url: '/things/undeclared' })).code).toBe('unauthenticated');
    expect((await problem({ method: 'GET', url: '/things/undeclared', headers: await bearer('ops') })).code).toBe(
      'forbidden',
    );
  });
});

it('an app that stops answers the requests under way, and waits for no idle connection', async () => {
  const logger = createLogger({ app: 'test', level: 'silent' });
  const slow = await createHttpApp(SlowModule, { logger, drainMs: 600_000 });
  await slow.listen(0, '127.0.0.1');
  const { port } = slow.getHttpServer().address() as AddressInfo;
  const idle = connect(port, '127.0.0.1');
  idle.write('GET /nothing HTTP/1.1\r\nhost: x\r\n\r\n');
  await once(idle, 'data');
  const arrived = once(SlowController.progress, 'arrived');
  const answer = fetch(`http://127.0.0.1:${port}/slow`);
  await arrived;
  const closed = Promise.all([slow.close(), once(idle, 'close')]);
  await new Promise(setImmediate);
  SlowController.progress.emit('told');
  expect(await (await answer).json()).toEqual({ answered: true });
  await closed;
});

it('an app that stops cuts what does not end in time', async () => {
  const logger = createLogger({ app: 'test', level: 'silent' });
  const slow = await createHttpApp(SlowModule, { logger, drainMs: 50 });
  await slow.listen(0, '127.0.0.1');
  const { port } = slow.getHttpServer().address() as AddressInfo;
  const arrived = once(SlowController.progress, 'arrived');
  const answer = expect(fetch(`http://127.0.0.1:${port}/slow`)).rejects.toThrow();
  await arrived;
  await slow.close();
  await answer;
});

async function countOf(code: string): Promise<number> {
  const row = new RegExp(`hexfleet_problems_total\\{code="${code}"\\} (\\d+)`).exec(await metrics.text());
  return Number(row?.[1] ?? 0);
}
