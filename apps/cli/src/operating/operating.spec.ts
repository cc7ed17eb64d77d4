import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { DEFAULT_POLICY } from '@hexfleet/shed-policy';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { OpsClient, refusal } from './ops-client.js';
import { overrideOrder } from './override-order.js';
import { partitionsLines } from './partitions-table.js';
import { differenceLines, versionLine } from './policy-lines.js';
import { type Pressure, pressureLines } from './pressure-table.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hexfleet-cli-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a client of ops', () => {
  const asked: { request: IncomingMessage; body: string }[] = [];
  let server: Server;
  let url: string;

  beforeAll(async () => {
    server = createServer(async (request, response) => {
      asked.push({ request, body: await text(request) });
      if (request.method === 'DELETE') return response.writeHead(204, { 'policy-version': '8' }).end();
      if (request.method === 'GET') return response.writeHead(502).end('<html>');
      response.setHeader('policy-version', '7').end('{"a":1}');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    server.close();
  });

  it('says for which version a change is meant, and why it is made', async () => {
    const request = { method: 'PUT', body: { b: 2 }, ifVersion: 6, reason: 'rain & snow' } as const;
    expect(await new OpsClient(url, 'token').ask('/v1/policy', request)).toEqual({ body: { a: 1 }, version: 7 });
    const [{ request: seen, body } = { request: undefined, body: '' }] = asked.splice(0);
    expect([seen?.url, body]).toEqual(['/v1/policy?reason=rain+%26+snow', '{"b":2}']);
    expect(seen?.headers).toMatchObject({ 'if-match': '"6"', authorization: 'Bearer token' });
  });

  it('sends no body where there is none, and takes none', async () => {
    expect((await new OpsClient(url, 'token').ask('/x', { method: 'DELETE' })).version).toBe(8);
    expect(asked.splice(0)[0]?.request.headers).not.toHaveProperty('content-type');
  });

  it('tells what was refused, and with which faults', async () => {
    await expect(new OpsClient(url, 'token').ask('/v1/policy')).rejects.toThrow('Refused: 502 no problem document');
    const faults = [
      { path: 'mode', problem: 'must be one of a, b' },
      { path: '', problem: 'must be an object' },
    ];
    expect(refusal(400, { code: 'invalid_policy', title: 'It has faults', detail: 'x', faults }).split('\n')).toEqual([
      'Refused: 400 invalid_policy. It has faults',
      '  mode must be one of a, b',
      '  must be an object',
    ]);
  });

  it('says that nobody answers', async () => {
    const answer = new OpsClient('http://127.0.0.1:1', 'token').ask('/v1/policy');
    await expect(answer).rejects.toThrow(/http:\/\/127.0.0.1:1 does not answer .*--ops URL/);
  });
});

describe('an order for an override', () => {
  const reason = 'a parade';

  it('says for which pings, what, and until when', async () => {
    expect(await overrideOrder({ all: true, fixedLevel: 0.5, for: 1_000, reason }, 500)).toEqual({
      scope: { all: true },
      policy: { mode: 'fixed', fixedLevel: 0.5 },
      endsAtMs: 1_500,
      reason,
    });
    expect(await overrideOrder({ cells: ['a', 'b'], mode: 'off', untilMs: 9, reason }, 500)).toMatchObject({
      scope: { cells: ['a', 'b'] },
      policy: { mode: 'off' },
      endsAtMs: 9,
    });
  });

  it('takes a part of a policy from a file, and flags on top', async () => {
    const file = join(folder, 'part.json');
    writeFileSync(file, '{"weights":{"idle":0.5},"shadow":false}');
    const order = await overrideOrder({ status: 'idle', policy: file, shadow: true, for: 1, reason }, 0);
    expect(order).toMatchObject({ scope: { status: 'idle' }, policy: { weights: { idle: 0.5 }, shadow: true } });
  });

  it.each<[string, object, string]>([
    ['no scope', { mode: 'off', for: 1 }, 'exactly one of --all'],
    ['two scopes', { all: true, status: 'idle', mode: 'off', for: 1 }, 'exactly one of --all'],
    ['no end', { all: true, mode: 'off' }, 'exactly one of --for'],
    ['nothing to change', { all: true, for: 1 }, 'Say what to change'],
    ['a file that is not there', { all: true, for: 1, policy: '/nowhere.json' }, "nowhere.json can't be read"],
  ])('is none with %s', async (_, options, message) => {
    await expect(overrideOrder({ reason, ...options }, 0)).rejects.toThrow(message);
  });
});

describe('what is printed', () => {
  it('has a line for each side of a difference', () => {
    const after = { ...DEFAULT_POLICY, mode: 'off', extra: true };
    expect(differenceLines(DEFAULT_POLICY, after)).toEqual(['- mode: "adaptive"', '+ mode: "off"', '+ extra: true']);
  });

  it('has a line a version', () => {
    const told = { version: 7, action: 'rollback', author: 'olga', atMs: 0, toVersion: 3, reason: 'worse' } as const;
    expect(versionLine(told)).toBe('     7  1970-01-01T00:00:00.000Z  olga  rollback to 3: worse');
  });

  it('has the partitions that lag most', () => {
    const row = { writer: 'w-1', share: 1, backlogMessages: 0, written: 1_234, superseded: 0, expired: 0 };
    const lags = [0.1, 3.5, 0.2];
    const pressure: Pressure = {
      ...{ asOfMs: 0, silent: true, silenceStretch: 1.5 },
      partitions: lags.map((lagSeconds, partition) => ({ ...row, partition, lagSeconds })),
      gateways: [
        {
          ...{ gateway: 'g-1', atMs: 0, policyVersion: 12, stage: 'shed_more', loopUtilization: 0.5, publishAckMs: 3 },
          ...{ bufferedBytes: 2_048, ownShare: 0.25, partitions: [] },
        },
      ],
    };
    const lines = pressureLines(pressure, 2);
    expect(lines[0]).toContain('×1.50  SOME PARTITIONS ARE SILENT');
    expect(lines[3]).toMatch(/^g-1 +12 +shed_more +25% +50% +3 ms +2 KiB +hold$/);
    expect(lines.slice(6).map((line) => line.split(/ +/)[0])).toEqual(['1', '2', 'and']);
    expect(lines[6]).toMatch(/^1 +3\.50 s +100% +0 +1,234 /);
  });

  it('has who owns which partition, and says when nobody does', () => {
    const writer = { writer: 'w-1', startedAtMs: 0, draining: true, partitions: 1, drivers: 1_234 };
    const partition = { partition: 5, writer: 'w-1', epoch: 7, lagSeconds: 0.25, drivers: 1_234 };
    const lines = partitionsLines({ asOfMs: 61_000, unowned: [0, 2], writers: [writer], partitions: [partition] });
    expect(lines[0]).toBe('NOBODY WRITES 2 PARTITIONS: 0, 2');
    expect(lines[3]).toMatch(/^w-1 +1 +1,234 +61 s +leaving$/);
    expect(lines[6]).toMatch(/^5 +7 +0\.25 s +1,234 +w-1$/);
  });
});
