import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { PROGRAM } from '../harness/hexfleet.js';
import { failingStart, startHexfleet, startServers, temporaryFolder, until } from '../harness/index.js';

const URL_PATTERN = /^http:\/\/127\.0\.0\.1:\d+$/;

function filesLeftOpen(dataDir: string): string[] {
  return readdirSync(dataDir).filter((name) => /lock|run\.json|draft|probe/.test(name));
}

describe('hexfleet start --json', () => {
  it('prints one line with all that a script needs, keeps its parts alive, and leaves nothing on SIGTERM', async () => {
    const hexfleet = await startHexfleet();
    const { ready } = hexfleet;
    expect(hexfleet.output).toBe(`${JSON.stringify(ready)}\n`);
    expect(ready).toEqual({
      ready: true,
      gateway: expect.stringMatching(URL_PATTERN),
      nearby: expect.stringMatching(URL_PATTERN),
      ops: expect.stringMatching(URL_PATTERN),
      writers: [expect.stringMatching(URL_PATTERN)],
      nats: expect.stringMatching(/^nats:\/\/hexfleet:.{20,}@127\.0\.0\.1:\d+$/),
      redis: [expect.stringMatching(/^redis:\/\/:.{20,}@127\.0\.0\.1:\d+$/)],
      pids: {
        gateway: expect.any(Number),
        nearby: expect.any(Number),
        ops: expect.any(Number),
        writers: [expect.any(Number)],
        nats: expect.any(Number),
        redis: [expect.any(Number)],
      },
      tokens: {
        fleet: expect.any(String),
        rider: expect.any(String),
        viewer: expect.any(String),
        ops: expect.any(String),
      },
    });
    expect(statSync(join(hexfleet.dataDir, 'secrets.json')).mode & 0o777).toBe(0o600);

    // A second one on the same folder is refused, and the first doesn't mind.
    const second = await failingStart({ dataDir: hexfleet.dataDir });
    expect(second.status).toBe(1);
    expect(second.out).toBe('');
    expect(second.err).toMatch(/Another Hexfleet \(process \d+\) runs on/);

    // A token of the command line is taken by the apps.
    const token = execFileSync(
      process.execPath,
      [PROGRAM, 'token', '--role', 'rider', '--sub', 'r-1', '--data-dir', hexfleet.dataDir],
      { encoding: 'utf8' },
    );
    expect(token).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/);
    const asked = await fetch(`${ready.nearby}/v1/drivers/nearby?lat=37.7749&lng=-122.4194`, {
      headers: { authorization: `Bearer ${token.trim()}` },
    });
    expect(asked.status).toBe(200);

    await hexfleet.killApp('writer-1');
    expect(hexfleet.currentPids()['writer-1']).not.toBe(ready.pids.writers[0]);

    expect(await hexfleet.stop()).toBe(0);
    await hexfleet.nothingLeft();
    expect(filesLeftOpen(hexfleet.dataDir)).toEqual([]);
    expect(hexfleet.output).toBe(`${JSON.stringify(ready)}\n`);
  });

  it('starts again after kill −9, on the same data, with the same secrets', async () => {
    const first = await startHexfleet();
    await first.kill();
    const second = await startHexfleet({ dataDir: first.dataDir });
    await first.nothingLeft();
    const answer = await fetch(`${second.ready.nearby}/v1/drivers/nearby?lat=37.7749&lng=-122.4194`, {
      headers: { authorization: `Bearer ${first.ready.tokens.rider}` },
    });
    expect(answer.status).toBe(200);
    expect(await second.stop()).toBe(0);
    await second.nothingLeft();
  });

  it('uses servers that run elsewhere, and leaves them running', async () => {
    const servers = await startServers();
    const hexfleet = await startHexfleet({ args: servers.startArgs });
    expect(hexfleet.ready).toMatchObject({
      nats: servers.natsUrl,
      redis: servers.redisUrls,
      pids: { nats: null, redis: [] },
    });
    expect(hexfleet.living().filter(({ command }) => /nats-server|redis-server/.test(command))).toEqual([]);
    expect(await hexfleet.stop()).toBe(0);
    expect(servers.nats.process.exitCode).toBeNull();
    expect(servers.redis.process.exitCode).toBeNull();
  });

  it('stops cleanly when asked to in the middle of starting', async () => {
    const dataDir = temporaryFolder();
    const { spawn } = await import('node:child_process');
    const child = spawn(
      process.execPath,
      [
        PROGRAM,
        'start',
        '--json',
        '--no-demo',
        '--gateway-port',
        '0',
        '--nearby-port',
        '0',
        '--ops-port',
        '0',
        '--data-dir',
        dataDir,
      ],
      { stdio: 'ignore' },
    );
    const ended = new Promise((resolve) => child.once('exit', resolve));
    await until('it has begun', () => existsSync(join(dataDir, 'secrets.json')));
    child.kill('SIGTERM');
    expect(await ended).toBe(0);
    expect(filesLeftOpen(dataDir)).toEqual([]);
  });
});

describe('hexfleet start refuses', () => {
  const refusals: [string, string[], RegExp][] = [
    ['an unknown flag', ['--bogus'], /unknown option '--bogus'/],
    ['too many writers', ['--workers', '33'], /At most 32/],
    ['a port out of range', ['--ops-port', '70000'], /--ops-port.*0 \(any free one\) to 65535/],
    ['a ttl without sense', ['--ttl', 'soon'], /--ttl.*duration such as 90s/],
    ['a NATS that is no URL', ['--nats', 'localhost'], /--nats.*nats:\/\//],
    ['a stray word', ['stray'], /too many arguments/],
  ];
  it.each(refusals)('%s', async (_, args, message) => {
    const { status, out, err } = await failingStart({ args });
    expect(err).toMatch(message);
    expect(status).toBe(1);
    expect(out).toBe('');
  });

  it('a taken port, naming port and flag', async () => {
    const holder = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => holder.once('listening', resolve));
    const { port } = holder.address() as { port: number };
    const { status, err } = await failingStart({ args: ['--gateway-port', String(port)] });
    expect(err).toContain(
      `Port ${port} is taken by another program. Give another; 0 means any free one: npm start -- --gateway-port 0`,
    );
    expect(status).toBe(1);
    await new Promise((resolve) => holder.close(resolve));
  });

  it('a data folder that can’t be written', async () => {
    const file = join(temporaryFolder(), 'a-file');
    writeFileSync(file, '');
    const { status, err } = await failingStart({ dataDir: join(file, 'data') });
    expect(err).toMatch(/The data folder .* can't be written: ENOTDIR/);
    expect(status).toBe(1);
  });
});

describe('hexfleet token', () => {
  it('says where secrets come from when there are none, and refuses what no app would take', () => {
    const run = (...args: string[]) => spawnSync(process.execPath, [PROGRAM, 'token', ...args], { encoding: 'utf8' });
    const none = run('--role', 'driver', '--sub', 'd-17', '--data-dir', temporaryFolder());
    expect(none.status).toBe(1);
    expect(none.stdout).toBe('');
    expect(none.stderr).toContain('start Hexfleet there first');
    expect(run('--role', 'king', '--sub', 'x').stderr).toContain(
      'Allowed choices are driver, fleet, rider, viewer, ops',
    );
    expect(run('--role', 'driver').status).toBe(1);
  });
});
