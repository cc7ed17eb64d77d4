import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { guardAgainstOrphaning } from '@hexfleet/embedded-servers';
import type { Hexfleet } from './hexfleet.js';

const PROGRAM = join(import.meta.dirname, '..', '..', '..', 'apps', 'gateway', 'src', 'main.js');
const READY_PATIENCE_MS = 60_000;
const POLL_MS = 50;

/** What a Hexfleet's data folder holds secret, as far as a gateway needs it. */
interface Secrets {
  readonly jwtSecret: string;
  readonly pseudonymSecret: string;
}

/** One more gateway beside that of a running Hexfleet, on the same stream; it may be killed and started again. */
export class AddedGateway {
  #port = 0;

  private constructor(
    private readonly hexfleet: Hexfleet,
    private child: ChildProcess | undefined,
  ) {}

  static async start(hexfleet: Hexfleet): Promise<AddedGateway> {
    const gateway = new AddedGateway(hexfleet, undefined);
    await gateway.start();
    return gateway;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Resolves when it is ready; at the port that it had before. @throws Error when it doesn't come up. */
  async start(): Promise<void> {
    const env = { ...environmentOf(this.hexfleet), HEXFLEET_PORT: String(this.#port) };
    const child = fork(PROGRAM, { env, execArgv: ['--enable-source-maps'], stdio: ['ignore', 2, 2, 'ipc'] });
    const lift = guardAgainstOrphaning(child.pid as number);
    child.once('exit', lift);
    this.child = child;
    this.#port = Number(new URL(await readyUrl(child)).port);
    for (const deadlineMs = Date.now() + READY_PATIENCE_MS; !(await isReady(this.url)); await sleep(POLL_MS)) {
      if (Date.now() > deadlineMs) throw new Error(`a gateway is not ready after ${READY_PATIENCE_MS} ms`);
    }
  }

  /** As when its machine is lost. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  async stop(): Promise<void> {
    await this.#end('SIGTERM');
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const { child } = this;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  }
}

function environmentOf({ dataFolder, natsUrl, redisUrls, ttlMs }: Hexfleet): NodeJS.ProcessEnv {
  const secrets: Secrets = JSON.parse(readFileSync(join(dataFolder, 'secrets.json'), 'utf8'));
  return {
    ...process.env,
    HEXFLEET_NATS_URL: natsUrl,
    HEXFLEET_REDIS_URLS: redisUrls.join(','),
    HEXFLEET_JWT_SECRET: secrets.jwtSecret,
    HEXFLEET_PSEUDONYM_SECRET: secrets.pseudonymSecret,
    HEXFLEET_TTL_MS: String(ttlMs),
    HEXFLEET_LOG_LEVEL: 'error',
  };
}

async function readyUrl(child: ChildProcess): Promise<string> {
  const ended = once(child, 'exit').then(([status]) => {
    throw new Error(`a gateway ended while starting, with status ${status}`);
  });
  while (true) {
    const [message] = (await Promise.race([once(child, 'message'), ended])) as [{ ready?: boolean; url?: string }];
    if (message.ready === true && message.url !== undefined) return message.url;
  }
}

async function isReady(url: string): Promise<boolean> {
  const response = await fetch(`${url}/readyz`).catch(() => undefined);
  await response?.arrayBuffer();
  return response?.ok === true;
}
