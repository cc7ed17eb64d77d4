import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { guardAgainstOrphaning } from '@hexfleet/embedded-servers';
import { FleetView } from '../e2e/fleet-view.js';
import { Operator } from '../e2e/operator.js';
import { ownersOf, settledOwnersOf } from '../e2e/partition-owners.js';
import {
  answersReady,
  type RunningHexfleet,
  startHexfleet,
  startServers,
  type TestServers,
  until,
} from '../harness/index.js';
import type { ChaosSettings } from './chaos-settings.js';

export type WriterLabel = `writer-${number}`;

const MAIN = join(import.meta.dirname, '..', '..', 'dist', 'apps', 'location-writer', 'src', 'main.js');
/** Seven times the longest trace's speed-up of a car's. */
const MAX_SPEED_MPS = '6000';

/** A writer beside those that `start` keeps: it joins, and leaves for good. */
export interface ExtraWriter {
  readonly name: string;
  /** By SIGTERM it hands over first. Resolves when the process has gone. */
  leave(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>;
}

/** A whole Hexfleet with several writers, on servers that the run takes away and brings back. */
export class Subject {
  readonly view: FleetView;
  readonly operator: Operator;
  readonly writers: readonly WriterLabel[];
  #extras = 0;

  constructor(
    readonly servers: TestServers,
    readonly hexfleet: RunningHexfleet,
    private readonly settings: ChaosSettings,
  ) {
    this.view = new FleetView(hexfleet);
    this.operator = new Operator(hexfleet);
    this.writers = hexfleet.ready.writers.map((_, i) => `writer-${i + 1}` as const);
  }

  pidOf(label: string): number {
    return this.hexfleet.currentPids()[label] as number;
  }

  /** The partitions that a writer owns, as the writers tell it. */
  async owned(label: WriterLabel): Promise<number[]> {
    const { partitions } = await ownersOf(this.hexfleet);
    return partitions.filter(({ writer }) => isNamed(writer, label)).map(({ partition }) => partition);
  }

  /** Waits until all apps are ready and all partitions are owned, by each of the writers some, and it stays like that. */
  async recovered(extra?: ExtraWriter): Promise<void> {
    const { gateway, nearby, ops, writers } = this.hexfleet.ready;
    await until('all apps are ready', async () =>
      (await Promise.all([gateway, nearby, ops, ...writers].map(answersReady))).every(Boolean),
    );
    const names = [...this.writers, ...(extra === undefined ? [] : [extra.name])];
    await until('each writer owns a share of all partitions', async () => {
      const owners = await settledOwnersOf(this.hexfleet);
      if (owners === undefined) return false;
      return names.every((name) => owners.partitions.some(({ writer }) => isNamed(writer, name)));
    });
  }

  /** Every ping is to be taken: what is shed has specs of its own. Waits until the gateway goes by that. */
  async shedNothing(): Promise<void> {
    await until('the policy can be changed', () =>
      this.operator.changePolicy({ mode: 'off' }).then(
        () => true,
        () => false,
      ),
    );
  }

  addWriter(): ExtraWriter {
    const name = `extra-${++this.#extras}`;
    const secrets = JSON.parse(readFileSync(join(this.hexfleet.dataDir, 'secrets.json'), 'utf8')) as Record<
      string,
      string
    >;
    const log = openSync(join(this.hexfleet.dataDir, `${name}.log`), 'a', 0o600);
    const child = spawn(process.execPath, ['--enable-source-maps', MAIN], {
      env: {
        ...process.env,
        NODE_OPTIONS: '',
        HEXFLEET_PORT: '0',
        HEXFLEET_NATS_URL: this.servers.natsUrl,
        HEXFLEET_REDIS_URLS: this.servers.redisUrls.join(','),
        HEXFLEET_JWT_SECRET: secrets.jwtSecret,
        HEXFLEET_TTL_MS: String(this.settings.ttlMs),
        HEXFLEET_WRITER_ID: name,
      },
      stdio: ['ignore', log, log, 'ipc'],
    });
    closeSync(log);
    const ended = endOf(child);
    return {
      name,
      leave: (signal) => {
        child.kill(signal);
        return ended;
      },
    };
  }
}

export async function startSubject(settings: ChaosSettings, folder: string): Promise<Subject> {
  const servers = await startServers(join(folder, 'servers'));
  const stores = servers.startArgs;
  const fleet = ['--ttl', `${settings.ttlMs}ms`, '--max-speed-mps', MAX_SPEED_MPS];
  const hexfleet = await startHexfleet({
    args: [...stores, ...fleet, '--workers', String(settings.writers)],
    dataDir: join(folder, 'hexfleet'),
  });
  const subject = new Subject(servers, hexfleet, settings);
  await subject.recovered();
  await subject.shedNothing();
  return subject;
}

function endOf(child: ChildProcess): Promise<void> {
  const lift = child.pid === undefined ? undefined : guardAgainstOrphaning(child.pid);
  return new Promise((resolve) => {
    child.once('exit', () => {
      lift?.();
      resolve();
    });
  });
}

/** A writer that `start` keeps is named for machine and run, with its number behind. */
function isNamed(writer: string, name: string): boolean {
  const [, number] = /^writer-(\d+)$/.exec(name) ?? [];
  return number === undefined
    ? writer === name
    : writer !== name && writer.endsWith(`-${number}`) && !writer.startsWith('extra-');
}
