import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

const FILES = [
  'prelude',
  'claim',
  'adopt',
  'enter',
  'correct',
  'clear',
  'todos',
  'lookup',
  'sweep',
  'search',
  'record',
  'hold',
  'format',
] as const;
export type FunctionName = Exclude<(typeof FILES)[number], 'prelude'>;

const READ_ONLY: ReadonlySet<FunctionName> = new Set(['lookup', 'search', 'record', 'format']);

/**
 * The Redis functions in `functions/`. Their names carry a hash of their source, so that two versions of the code can run
 * against one Redis, each with its own.
 */
export class FunctionLibrary {
  /** For FUNCTION LOAD. */
  readonly source: string;
  private readonly version: string;

  constructor() {
    const template = FILES.map((file) => readFileSync(new URL(`functions/${file}.lua`, import.meta.url), 'utf8')).join(
      '\n',
    );
    this.version = `hexfleet_${createHash('sha256').update(template).digest('hex').slice(0, 12)}`;
    this.source = template.replaceAll('@VERSION@', this.version);
  }

  /** The command that calls a function, and the name under which Redis knows it. */
  commandFor(name: FunctionName): readonly [command: string, fullName: string] {
    return [READ_ONLY.has(name) ? 'FCALL_RO' : 'FCALL', `${this.version}_${name}`];
  }
}
