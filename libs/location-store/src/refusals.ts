import { problemOfReply } from './reply-problem.js';
import { ranked, type ServerProblem, type StoreRole } from './server-problem.js';

/** What was refused is asked again several times in this long, so what isn't refused again for so long is over. */
const REMEMBERED_MS = 5_000;
/** Most that are remembered at a time: a server in trouble refuses everything. */
const MOST = 200;

interface Refused {
  readonly key: string;
  readonly message: string;
  /** The key that is at fault, in words. */
  where: string;
  atMs: number;
}

/** What a server has lately answered with an error, and about which keys. */
export class Refusals {
  private readonly byKey = new Map<string, Refused>();

  constructor(
    private readonly role: StoreRole,
    private readonly nowMs: () => number,
    /** Finds which of the keys that go with one is at fault, in words. */
    private readonly locate: (key: string) => Promise<string | undefined>,
  ) {}

  note(key: string, error: Error): void {
    const known = this.byKey.get(key);
    if (known?.message === error.message) {
      known.atMs = this.nowMs();
      return;
    }
    if (this.byKey.size >= MOST && known === undefined) this.forget();
    if (this.byKey.size >= MOST && known === undefined) return;
    const refused: Refused = { key, message: error.message, where: `${key} or a key beside it`, atMs: this.nowMs() };
    this.byKey.set(key, refused);
    if (!error.message.includes('WRONGTYPE')) return;
    this.locate(key).then(
      (where) => {
        refused.where = where ?? refused.where;
      },
      () => undefined,
    );
  }

  problems(): ServerProblem[] {
    this.forget();
    const problems = [...this.byKey.values()].map(({ message, where }) => problemOfReply(message, this.role, where));
    return ranked(problems);
  }

  private forget(): void {
    const sinceMs = this.nowMs() - REMEMBERED_MS;
    for (const [key, { atMs }] of this.byKey) if (atMs < sinceMs) this.byKey.delete(key);
  }
}
