import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { guardAgainstOrphaning } from '@hexfleet/embedded-servers';
import { atEnd, temporaryFolder } from './cleanup.js';
import { type LivingProcess, livingProcesses, MARK } from './living-processes.js';
import { until } from './until.js';

/** The line that `start --json` prints, as API.md has it. */
export interface ReadyLine {
  readonly ready: true;
  readonly gateway: string;
  readonly nearby: string;
  readonly ops: string;
  readonly writers: readonly string[];
  readonly nats: string;
  readonly redis: readonly string[];
  readonly pids: {
    readonly gateway: number;
    readonly nearby: number;
    readonly ops: number;
    readonly writers: readonly number[];
    readonly nats: number | null;
    readonly redis: readonly number[];
  };
  readonly tokens: Readonly<Record<'fleet' | 'rider' | 'viewer' | 'ops', string>>;
}

export interface HexfleetFlags {
  /** Beside `--json --no-demo` and ports 0. */
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** A folder of an earlier run, to go on with its data; a fresh one by default. */
  readonly dataDir?: string;
}

export const PROGRAM = join(import.meta.dirname, '..', '..', 'bin', 'hexfleet.mjs');
const READY_BOUND_MS = 120_000;
const STOP_BOUND_MS = 90_000;

export type AppLabel = 'gateway' | 'nearby' | 'ops' | `writer-${number}`;

/** A whole Hexfleet, started by its command line. */
export class RunningHexfleet {
  readonly ready: ReadyLine;
  readonly dataDir: string;
  readonly process: ChildProcess;
  readonly #mark: string;
  readonly #said: { out: string; err: string };
  readonly #ended: Promise<number | null>;

  constructor(start: StartUnderWay, ready: ReadyLine) {
    this.ready = ready;
    this.dataDir = start.dataDir;
    this.process = start.process;
    this.#mark = start.mark;
    this.#said = start.said;
    this.#ended = start.ended;
  }

  /** All that it printed on standard output so far. */
  get output(): string {
    return this.#said.out;
  }

  /** All that it logged so far, a JSON object a line. */
  get log(): string {
    return this.#said.err;
  }

  /** By SIGTERM, as an operator would; resolves to the exit status. */
  async stop(): Promise<number | null> {
    this.process.kill('SIGTERM');
    return this.#ended;
  }

  /** By kill −9 of the supervisor alone, which can then tell nobody. */
  async kill(): Promise<void> {
    this.process.kill('SIGKILL');
    await this.#ended;
  }

  /** Which process each part is now: a restarted one has another pid than the ready line told. */
  currentPids(): Readonly<Record<string, number>> {
    const record: Record<string, { pid: number }> = JSON.parse(readFileSync(join(this.dataDir, 'run.json'), 'utf8'));
    return Object.fromEntries(Object.entries(record).map(([label, { pid }]) => [label, pid]));
  }

  /** Kills an app (−9) and waits until its successor is ready. */
  async killApp(label: AppLabel): Promise<void> {
    const pid = this.currentPids()[label] as number;
    process.kill(pid, 'SIGKILL');
    await until(`the ${label} is back`, () => this.currentPids()[label] !== pid, READY_BOUND_MS);
    await until(`the ${label} is ready`, () => answersReady(this.#urlOf(label)), READY_BOUND_MS);
  }

  /** Its processes and theirs that live now (Linux). */
  living(): LivingProcess[] {
    return livingProcesses(this.#mark) ?? [];
  }

  #urlOf(label: AppLabel): string {
    const writer = /^writer-(\d+)$/.exec(label);
    if (writer !== null) return this.ready.writers[Number(writer[1]) - 1] ?? '';
    return this.ready[label as 'gateway' | 'nearby' | 'ops'];
  }

  /** Waits until nothing of it lives. */
  async nothingLeft(): Promise<void> {
    await until(`no process of it is left`, () => this.living().length === 0, STOP_BOUND_MS);
  }
}

interface StartUnderWay {
  readonly process: ChildProcess;
  readonly dataDir: string;
  readonly mark: string;
  readonly said: { out: string; err: string };
  readonly ended: Promise<number | null>;
}

/** @throws Error with what it logged, when it ends or hangs before it is ready. */
export async function startHexfleet(flags: HexfleetFlags = {}): Promise<RunningHexfleet> {
  const start = spawnHexfleet(flags);
  const { said } = start;
  let status: number | null | undefined;
  void start.ended.then((end) => {
    status = end;
  });
  await until('Hexfleet is ready', () => said.out.includes('\n') || status !== undefined, READY_BOUND_MS).catch(() => {
    start.process.kill('SIGKILL');
    throw new Error(`Hexfleet is not ready after ${READY_BOUND_MS} ms; it logged:\n${said.err}`);
  });
  if (!said.out.includes('\n'))
    throw new Error(`Hexfleet ended with status ${status} before it was ready:\n${said.err}`);
  return new RunningHexfleet(start, JSON.parse(said.out));
}

/** A start that is expected to fail: resolves to its exit status and what it logged. */
export async function failingStart(flags: HexfleetFlags): Promise<{ status: number | null; out: string; err: string }> {
  const { ended, said } = spawnHexfleet(flags);
  return { status: await ended, ...said };
}

function spawnHexfleet({ args = [], env = {}, dataDir = temporaryFolder() }: HexfleetFlags): StartUnderWay {
  const mark = randomUUID();
  const ports = ['--gateway-port', '0', '--nearby-port', '0', '--ops-port', '0'];
  const child = spawn(
    process.execPath,
    [PROGRAM, 'start', '--json', '--no-demo', ...ports, '--data-dir', dataDir, ...args],
    { env: { ...process.env, NODE_OPTIONS: '', ...env, [MARK]: mark }, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const lift = child.pid === undefined ? undefined : guardAgainstOrphaning(child.pid);
  const said = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said.out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said.err += text;
  });
  const ended = new Promise<number | null>((resolve) => {
    child.once('exit', (status) => {
      lift?.();
      resolve(status);
    });
  });
  atEnd(async () => {
    child.kill('SIGTERM');
    const kill = setTimeout(() => child.kill('SIGKILL'), STOP_BOUND_MS);
    await ended;
    clearTimeout(kill);
  });
  return { process: child, dataDir, mark, said, ended };
}

/** Whether an app says that it is ready. */
export async function answersReady(url: string): Promise<boolean> {
  return (await fetch(`${url}/readyz`).catch(() => undefined))?.ok ?? false;
}
