import type { SharedBucket } from './shared-bucket.js';

const DIGITS = 12;
/** Reads that are under way at once. */
const AT_ONCE = 64;

/**
 * JSON documents under ascending numbers, each written once and kept until the oldest are dropped. Whoever writes number
 * n + 1 makes sure first that n is there, so that the log has no hole and its order is that of the numbers.
 */
export class WriteOnceLog {
  constructor(private readonly bucket: SharedBucket) {}

  /** Writes a document, where none is under its number yet. @throws when NATS is away. */
  async keep(number: number, value: unknown): Promise<void> {
    await this.bucket.put(keyOf(number), JSON.stringify(value), 0);
  }

  /** The documents of these numbers that are there. @throws when NATS is away. */
  async read(numbers: readonly number[]): Promise<Map<number, unknown>> {
    const found = new Map<number, unknown>();
    for (let from = 0; from < numbers.length; from += AT_ONCE) {
      const some = numbers.slice(from, from + AT_ONCE);
      const entries = await Promise.all(some.map((number) => this.bucket.get(keyOf(number))));
      for (const [i, entry] of entries.entries()) {
        if (entry !== undefined) found.set(some[i] as number, entry.json());
      }
    }
    return found;
  }

  /** The document of the highest number. @throws when NATS is away. */
  async newest(): Promise<unknown> {
    return (await this.bucket.newest())?.json();
  }

  /** Drops the documents of lower numbers than this one, which must be there. @throws when NATS is away. */
  async dropBefore(number: number): Promise<void> {
    const entry = await this.bucket.get(keyOf(number));
    if (entry !== undefined) await this.bucket.dropBefore(entry.revision);
  }
}

function keyOf(number: number): string {
  return String(number).padStart(DIGITS, '0');
}
