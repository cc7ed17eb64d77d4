import type { SharedBucket } from './shared-bucket.js';

/** How long a stream keeps its messages, and how much it takes; Infinity for no bound. */
export interface StreamGrant {
  readonly maxAgeMs: number;
  readonly maxBytes: number;
}

const KEY = 'granted';

/**
 * What Hexfleet itself gave its stream last, kept beside it: less than that was set by hand, and is an operator's decision.
 * Servers before 2.10 keep no metadata with a stream.
 */
export class GrantRecord {
  constructor(private readonly bucket: SharedBucket) {}

  /** `undefined` of a stream that an older release made. @throws when NATS is away. */
  async get(): Promise<StreamGrant | undefined> {
    const entry = await this.bucket.get(KEY);
    if (entry === undefined) return undefined;
    const { maxAgeMs, maxBytes } = entry.json<{ maxAgeMs: number | null; maxBytes: number | null }>();
    return { maxAgeMs: maxAgeMs ?? Number.POSITIVE_INFINITY, maxBytes: maxBytes ?? Number.POSITIVE_INFINITY };
  }

  /** JSON has no Infinity: `null` stands for it. @throws when NATS is away. */
  set(grant: StreamGrant): Promise<void> {
    return this.bucket.set(KEY, JSON.stringify(grant));
  }
}
