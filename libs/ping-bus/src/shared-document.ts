import { DocumentWatch, type SharedValue, type WatchListener, type WordOfMouth } from './document-watch.js';
import type { SharedBucket, WriteOutcome } from './shared-bucket.js';
import type { Subscription } from './subscription.js';

const KEY = 'document';

/** One JSON document that several processes read, watch, and change by compare-and-set. */
export class SharedDocument {
  constructor(
    private readonly bucket: SharedBucket,
    private readonly bus: WordOfMouth,
    /** What is stored in the bucket is told on subjects under this one. */
    private readonly toldOn: string,
    private readonly onError: (error: unknown) => void,
  ) {}

  /** `undefined` where nobody has written yet, or all was deleted. @throws when NATS is away. */
  async read(): Promise<SharedValue | undefined> {
    const entry = await this.bucket.get(KEY);
    return entry === undefined ? undefined : { value: entry.json(), revision: entry.revision };
  }

  /** Stores when nobody else has since `expectedRevision`; 0 when there is none. @throws when NATS is away, or in doubt. */
  async write(value: unknown, expectedRevision: number): Promise<WriteOutcome['kind']> {
    return (await this.bucket.put(KEY, JSON.stringify(value), expectedRevision)).kind;
  }

  /** Told of the value that is there, and of each that follows; outlives NATS going away and the bucket being deleted. */
  watch(listener: WatchListener): Subscription {
    const watch = new DocumentWatch(() => this.read(), listener, this.onError);
    return watch.on(this.bus, `${this.toldOn}.${KEY}`);
  }
}
