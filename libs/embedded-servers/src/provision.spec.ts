import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { NoServers, provideServerBinaries } from './provision.js';
import { dockerRoute } from './provision-docker.js';
import { homebrewRoute } from './provision-homebrew.js';
import { findServerBinaries } from './server-binaries.js';

let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hexfleet-provision-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function program(name: string, script: string): string {
  const file = join(folder, name);
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
  return file;
}

const REDIS_7 = "echo 'Redis server v=7.2.4 sha=0'";
const NATS_2_9 = "echo 'nats-server: v2.9.10'";
const quiet = { say: () => undefined, ask: async () => true };

describe('findServerBinaries', () => {
  it('passes over a Redis older than 7, and one that cannot be run', () => {
    program('redis-server', "echo 'Redis server v=6.0.16 sha=0'");
    expect(findServerBinaries([folder])).toEqual({ nats: undefined, redis: undefined });
    program('redis-server', 'exit 1');
    expect(findServerBinaries([folder]).redis).toBeUndefined();
    program('redis-server', REDIS_7);
    expect(findServerBinaries([folder]).redis).toBe(join(folder, 'redis-server'));
  });

  it.each([
    ['1.4.1', false],
    ['2.8.4', false],
    ['2.9.10', true],
    ['2.12.0', true],
    ['3.0.0', true],
  ])('with a NATS %s: %s', (version, isFit) => {
    const file = program('nats-server', `echo 'nats-server: v${version}'`);
    expect(findServerBinaries([folder]).nats).toBe(isFit ? file : undefined);
  });
});

describe('provideServerBinaries', () => {
  it('wants no server that is not needed', async () => {
    const nats = program('nats-server', NATS_2_9);
    expect(await provideServerBinaries({ ...quiet, needed: ['nats'], folders: [folder], routes: [] })).toMatchObject({
      nats,
    });
    const redis = provideServerBinaries({ ...quiet, needed: ['redis'], folders: [folder], routes: [] });
    await expect(redis).rejects.toThrow(NoServers);
    await expect(redis).rejects.toThrow(/has no redis-server \(7 or newer\)\.[\s\S]*brew install redis\n/);
  });

  it('asks and installs nothing when both are there', async () => {
    program('nats-server', NATS_2_9);
    program('redis-server', REDIS_7);
    const ask = async () => {
      throw new Error('asked');
    };
    expect((await provideServerBinaries({ ...quiet, ask, folders: [folder] })).nats).toBe(join(folder, 'nats-server'));
  });

  it('gets only what is missing, through Homebrew', async () => {
    program('redis-server', REDIS_7);
    program(
      'brew',
      `echo "$@" >'${folder}/asked-of-brew'; printf '#!/bin/sh\\necho nats-server: v2.12.1\\n' >'${folder}/nats-server'; chmod 755 '${folder}/nats-server'`,
    );
    const folders = [folder, '/bin'];
    const got = await provideServerBinaries({ ...quiet, folders, routes: [homebrewRoute(folders)] });
    expect(got.nats).toBe(join(folder, 'nats-server'));
    expect(readFileSync(join(folder, 'asked-of-brew'), 'utf8').trim()).toBe('install nats-server');
  });

  it('says what to install when the answer is no, and what a route failed with', async () => {
    program('brew', 'echo no such formula; exit 1');
    const refused = provideServerBinaries({
      ...quiet,
      ask: async () => false,
      folders: [folder],
      routes: [homebrewRoute([folder])],
    });
    await expect(refused).rejects.toThrow(
      /has no nats-server \(2\.9 or newer\) and redis-server \(7 or newer\)\.[\s\S]*apt-get install nats-server redis-server/,
    );
    const failed = provideServerBinaries({ ...quiet, folders: [folder], routes: [homebrewRoute([folder])] });
    await expect(failed).rejects.toThrow('no such formula');
  });
});

describe('dockerRoute', () => {
  it('does not apply where no Docker daemon answers', async () => {
    expect(await dockerRoute([folder], folder).applies()).toBe(false);
    program('docker', 'exit 1');
    expect(await dockerRoute([folder], folder).applies()).toBe(false);
  });

  it('writes stand-ins that publish the port on 127.0.0.1 and mount the data folder', async () => {
    const standIns = join(folder, 'stand-ins');
    program('docker', `echo "$@" >>'${folder}/asked-of-docker'`);
    const route = dockerRoute([folder, '/bin', '/usr/bin'], standIns);
    expect(await route.applies()).toBe(true);
    expect(await route.provide(['nats', 'redis'])).toBeUndefined();
    const { nats, redis } = findServerBinaries([standIns]);
    execFileSync(nats ?? '', ['-c', '/data/my fleet/nats.conf', '-a', '127.0.0.1', '-p', '4321']);
    execFileSync(redis ?? '', ['/data/r/redis.conf', '--bind', '127.0.0.1', '--port', '6380']);
    const asked = readFileSync(join(folder, 'asked-of-docker'), 'utf8').trim().split('\n');
    const runs = asked.filter((line) => line.startsWith('run '));
    expect(runs).toHaveLength(2);
    expect(runs[0]).toContain('-p 127.0.0.1:4321:4321 -v /data/my fleet:/data/my fleet --entrypoint nats-server nats:');
    expect(runs[0]).toMatch(/-c \/data\/my fleet\/nats\.conf -a 0\.0\.0\.0 -p 4321$/);
    expect(runs[1]).toMatch(/redis:7-alpine \/data\/r\/redis\.conf --bind 0\.0\.0\.0 --port 6380$/);
    expect(asked.filter((line) => line.startsWith('rm -f hexfleet-nats-'))).toHaveLength(1);
  });
});
