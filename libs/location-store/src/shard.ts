import { Command, type Pipeline, type Redis } from 'ioredis';
import type { FunctionLibrary, FunctionName } from './function-library.js';

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

  constructor(
    private readonly redis: Redis,
    private readonly functions: FunctionLibrary,
  ) {}

  /** Sends commands one behind the other; a reply or an error for each. Never rejects. */
  send(commands: readonly Command[]): Promise<readonly Reply[]> {
    return new Promise((resolve) => {
      if (this.due.length === 0) setImmediate(() => void this.flush());
      this.due.push({ commands, resolve });
    });
  }

  /** @throws whatever Redis or the connection says. */
  async ask(name: string, ...args: string[]): Promise<unknown> {
    const [[error, value]] = (await this.send([new Command(name, args, { replyEncoding: null })])) as [Reply];
    if (error !== null) throw error;
    return value;
  }

  /**
   * Calls one of our functions, which is loaded first where the server turns out not to have it.
   * @throws whatever Redis or the connection says.
   */
  async call(name: FunctionName, key: string, args: readonly (string | number)[]): Promise<unknown> {
    const [command, fullName] = this.functions.commandFor(name);
    const call = () => this.ask(command, fullName, '1', key, ...args.map(String));
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof Error) || !error.message.includes('Function not found')) throw error;
      await this.ask('FUNCTION', 'LOAD', 'REPLACE', this.functions.source);
      return await call();
    }
  }

  /** @throws when the server does not answer. */
  async ping(): Promise<void> {
    await this.ask('PING');
  }

  close(): void {
    this.redis.disconnect();
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

async function exec(pipeline: Pipeline): Promise<readonly Reply[] | Error> {
  try {
    return (await pipeline.exec()) ?? new Error('no replies');
  } catch (error) {
    return error as Error;
  }
}
