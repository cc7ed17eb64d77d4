import { Command, type Pipeline, type Redis, ReplyError } from 'ioredis';
import type { FunctionLibrary, FunctionName } from './function-library.js';
import { findMisplacedKey } from './misplaced-key.js';
import { Refusals } from './refusals.js';
import { problemOfReply } from './reply-problem.js';
import type { ServerProblem, StoreRole } from './server-problem.js';

export type Reply = readonly [error: Error | null, value: unknown];

interface Due {
  readonly commands: readonly Command[];
  readonly resolve: (replies: readonly Reply[]) => void;
}

/**
 * One Redis server. Whatever is asked of it in one turn of the event loop goes out in one write: with small commands, the
 * writes to the socket are most of what they cost.
 */
export class Shard {
  private due: Due[] = [];
  private loading: Promise<unknown> | undefined;
  private connectionError: Error | undefined;
  private readonly refusals: Refusals;

  /** Counts the connections there were: a server that restarts, or that another stands in for, may have forgotten the newest. */
  connection = 1;

  constructor(
    /** Host and port. */
    readonly endpoint: string,
    private readonly redis: Redis,
    private readonly functions: FunctionLibrary,
    private readonly role: StoreRole,
  ) {
    const locate = (key: string) => findMisplacedKey(key, (name, ...args) => this.ask(name, ...args));
    this.refusals = new Refusals(role, Date.now, locate);
    redis.on('close', () => {
      this.connection++;
    });
    redis.on('error', (error: Error) => {
      this.connectionError = error;
    });
    redis.on('ready', () => {
      this.connectionError = undefined;
    });
  }

  onReady(listener: () => void): void {
    this.redis.on('ready', listener);
  }

  /** Sends commands one behind the other; a reply or an error for each. Never rejects. */
  send(commands: readonly Command[]): Promise<readonly Reply[]> {
    return new Promise((resolve) => {
      if (this.due.length === 0) setImmediate(() => void this.flush());
      this.due.push({ commands, resolve });
    });
  }

  /** @throws whatever Redis or the connection says. */
  async ask(name: string, ...args: (string | Buffer)[]): Promise<unknown> {
    const [[error, value]] = (await this.send([new Command(name, args, { replyEncoding: null })])) as [Reply];
    if (error !== null) throw error;
    return value;
  }

  /**
   * Calls one of our functions, which is loaded first where the server turns out not to have it.
   * @throws whatever Redis or the connection says.
   */
  async call(name: FunctionName, key: string, args: readonly (string | number | Buffer)[]): Promise<unknown> {
    const [command, fullName] = this.functions.commandFor(name);
    const call = () =>
      this.ask(command, fullName, '1', key, ...args.map((arg) => (typeof arg === 'number' ? String(arg) : arg)));
    try {
      return await call().catch(async (error: unknown) => {
        if (!(error instanceof Error) || !error.message.includes('Function not found')) throw error;
        await this.load();
        return call();
      });
    } catch (error) {
      this.noteRefusal(key, error);
      throw error;
    }
  }

  /** Remembers what the server answered with an error about a key, so that it can be told. */
  noteRefusal(key: string, error: unknown): void {
    if (isRefusal(error)) this.noteFault(key, error);
  }

  /** Remembers that what a key holds can't be used. */
  noteFault(key: string, error: Error): void {
    this.refusals.note(key, error);
  }

  /** What it has lately answered with an error. */
  get refused(): readonly ServerProblem[] {
    return this.refusals.problems();
  }

  /** @throws when the server does not answer. */
  async ping(): Promise<void> {
    await this.ask('PING');
  }

  /** Why it does not answer, or does so with an error; undefined when it answers. */
  async silence(): Promise<ServerProblem | undefined> {
    try {
      await this.ping();
      return undefined;
    } catch (error) {
      const { role, connectionError } = this;
      // Where the login was refused, commands fail for want of a connection.
      for (const cause of [error, connectionError]) {
        if (isRefusal(cause)) return problemOfReply(cause.message, role, 'PING');
      }
      const reason = connectionError === undefined ? '' : ` (${connectionError.message || connectionError.name})`;
      return { kind: 'away', severity: 'failing', text: `does not answer${reason}` };
    }
  }

  close(): void {
    this.redis.disconnect();
  }

  /** Once for all who find the functions missing in the same moment. */
  private load(): Promise<unknown> {
    this.loading ??= this.ask('FUNCTION', 'LOAD', 'REPLACE', this.functions.source).finally(() => {
      this.loading = undefined;
    });
    return this.loading;
  }

  private async flush(): Promise<void> {
    const { due } = this;
    this.due = [];
    const pipeline = this.redis.pipeline() as unknown as Pipeline;
    for (const { commands } of due) for (const command of commands) pipeline.sendCommand(command);
    const replies = await exec(pipeline);
    let from = 0;
    for (const { commands, resolve } of due) {
      resolve(
        replies instanceof Error
          ? commands.map(() => [replies, undefined])
          : replies.slice(from, from + commands.length),
      );
      from += commands.length;
    }
  }
}

/** Whether a server said so, and not the connection. */
export function isRefusal(error: unknown): error is Error {
  return error instanceof ReplyError;
}

async function exec(pipeline: Pipeline): Promise<readonly Reply[] | Error> {
  try {
    return (await pipeline.exec()) ?? new Error('no replies');
  } catch (error) {
    return error as Error;
  }
}
