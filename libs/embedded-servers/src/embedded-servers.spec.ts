import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { transformFileSync } from '@swc/core';
import { findServerBinaries, type RunningServer, startNats, startRedis } from './index.js';
import { rawExchange } from './raw-exchange.js';

let dataDir = '';
const running: RunningServer[] = [];

function keep(server: RunningServer): RunningServer {
  running.push(server);
  return server;
}

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'hexfleet-servers-'));
});

afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.stop()));
  rmSync(dataDir, { recursive: true, force: true });
});

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function ended(pid: number): Promise<boolean> {
  for (let i = 0; i < 200 && alive(pid); i++) await sleep(50);
  return !alive(pid);
}

const redis = (port: number, commands: string, expected: string) =>
  rawExchange(port, commands, (received) => received.includes(expected));

describe('findServerBinaries', () => {
  it('finds both servers on this machine', () => {
    const binaries = findServerBinaries();
    expect(binaries.nats).toMatch(/nats-server$/);
    expect(binaries.redis).toMatch(/redis-server$/);
  });
});

describe('startRedis', () => {
  it('answers with its password only, keeps its data over a restart on the same port, and is gone after stop', async () => {
    const first = keep(await startRedis({ dataDir, password: 'pa"s s' }));
    expect(first.url).toBe(`redis://:pa%22s%20s@127.0.0.1:${first.port}`);
    expect(await redis(first.port, 'PING\r\n', 'NOAUTH')).toBe(true);
    const auth = '*2\r\n$4\r\nAUTH\r\n$6\r\npa"s s\r\n';
    expect(await redis(first.port, `${auth}SET driver d-1\r\n`, '+OK\r\n+OK')).toBe(true);
    expect(statSync(join(dataDir, 'redis.conf')).mode & 0o777).toBe(0o600);
    await first.stop();
    expect(alive(first.pid)).toBe(false);

    const second = keep(await startRedis({ dataDir, password: 'pa"s s', port: first.port }));
    expect(second.url).toBe(first.url);
    expect(await redis(second.port, `${auth}GET driver\r\n`, 'd-1')).toBe(true);
  });

  it('says in the server’s own words why a taken port cannot be used', async () => {
    const holder = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
    await new Promise((resolve) => holder.once('listening', resolve));
    const { port } = holder.address() as { port: number };
    await expect(startRedis({ dataDir, password: 'x', port })).rejects.toThrow(/address already in use/i);
    await new Promise((resolve) => holder.close(resolve));
  });

  it('names a program that cannot be run', async () => {
    await expect(startRedis({ dataDir, password: 'x', binary: '/nowhere/redis-server' })).rejects.toThrow(
      '/nowhere/redis',
    );
  });
});

describe('startNats', () => {
  it('has JetStream, keeps a stream over kill −9 and a restart, and refuses another password', async () => {
    const first = keep(await startNats({ dataDir, user: 'u', password: 'p' }));
    const request = '{"name":"KEPT","subjects":["kept"],"storage":"file"}';
    const create = (port: number, password: string, subject: string, body: string, expected: RegExp) =>
      rawExchange(
        port,
        `CONNECT {"user":"u","pass":"${password}","verbose":false}\r\nSUB inbox 1\r\nPUB ${subject} inbox ${body.length}\r\n${body}\r\n`,
        (received) => expected.test(received),
      );
    expect(await create(first.port, 'p', '$JS.API.STREAM.CREATE.KEPT', request, /"did_create":true/)).toBe(true);
    expect(await create(first.port, 'wrong', '$JS.API.INFO', '', /Authorization Violation/)).toBe(true);
    first.process.kill('SIGKILL');
    expect(await ended(first.pid)).toBe(true);

    const second = keep(await startNats({ dataDir, user: 'u', password: 'p', port: first.port }));
    expect(await create(second.port, 'p', '$JS.API.STREAM.INFO.KEPT', '', /"name":"KEPT"/)).toBe(true);
  });
});

describe('guardAgainstOrphaning', () => {
  /** A process of its own that starts a sleeper under guard, prints its pid, and then does as `ending` says. */
  async function sleeperOf(ending: string): Promise<{ starter: ChildProcess; sleeperPid: number }> {
    const source = join(import.meta.dirname, 'orphan-guard.ts');
    const { code } = transformFileSync(source, { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' } });
    const script = `${code}
      const sleeper = spawn('sleep', ['300'], { detached: true, stdio: 'ignore' });
      const lift = guardAgainstOrphaning(sleeper.pid);
      console.log(sleeper.pid);
      ${ending}`;
    const starter = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const sleeperPid = await new Promise<number>((resolve) =>
      starter.stdout.once('data', (said) => resolve(Number(said))),
    );
    return { starter, sleeperPid };
  }

  it('ends the guarded process when its starter dies by kill −9', async () => {
    const { starter, sleeperPid } = await sleeperOf('setInterval(() => {}, 1000);');
    await sleep(300);
    expect(alive(sleeperPid)).toBe(true);
    starter.kill('SIGKILL');
    expect(await ended(sleeperPid)).toBe(true);
  });

  it('leaves it alone once the guard is lifted', async () => {
    const { starter, sleeperPid } = await sleeperOf('lift(); setTimeout(() => process.exit(), 100);');
    await new Promise((resolve) => starter.once('exit', resolve));
    await sleep(500);
    expect(alive(sleeperPid)).toBe(true);
    process.kill(sleeperPid, 'SIGKILL');
  });
});
