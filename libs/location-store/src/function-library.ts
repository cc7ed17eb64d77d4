import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Redis } from 'ioredis';

const FILES = ['prelude', 'claim', 'adopt', 'enter', 'clear', 'todos', 'lookup', 'sweep', 'search', 'record'] as const;
export type FunctionName = Exclude<(typeof FILES)[number], 'prelude'>;

const READ_ONLY: ReadonlySet<FunctionName> = new Set(['lookup', 'search', 'record']);

/**
 * The Redis functions in `functions/`, loaded when a server turns out not to have them. Their names carry a hash of their
 * source, so that two versions of the code can run against one Redis, each with its own.
 */
export class FunctionLibrary {
  private readonly version: string;
  private readonly source: string;

  constructor() {
    const template = FILES.map((file) => readFileSync(new URL(`functions/${file}.lua`, import.meta.url), 'utf8')).join(
      '\n',
    );
    this.version = `hexfleet_${createHash('sha256').update(template).digest('hex').slice(0, 12)}`;
    this.source = template.replaceAll('@VERSION@', this.version);
  }

  /**
   * Calls a function on the shard of its key; the reply's strings come as buffers.
   * @throws whatever Redis or the connection says.
   */
  async call(client: Redis, name: FunctionName, key: string, args: readonly (string | number)[]): Promise<unknown> {
    const command = READ_ONLY.has(name) ? 'FCALL_RO' : 'FCALL';
    const send = () => client.callBuffer(command, `${this.version}_${name}`, 1, key, ...args);
    try {
      return await send();
    } catch (error) {
      if (!(error instanceof Error) || !error.message.includes('Function not found')) throw error;
      await client.call('FUNCTION', 'LOAD', 'REPLACE', this.source);
      return await send();
    }
  }
}
