import { DATA_FORMAT, newerFormat } from './fleet-hold.js';
import { parseInfo, problemsOfInfo } from './server-info.js';
import { ranked, type ServerProblem, type StoreRole } from './server-problem.js';
import type { Shard } from './shard.js';

const LOOK_MS = 2_000;

export interface WatchOptions {
  readonly role: StoreRole;
  readonly formatKey: string;
  /** Told when what is wrong with the server has changed; nothing is wrong when there are no texts. */
  readonly onProblems: (texts: readonly string[]) => void;
}

/** Asks a server every two seconds what it is like, and whether our functions can be called there. */
export class ServerWatch {
  private seen: readonly ServerProblem[] = [];
  private told = '[]';
  private busy = false;
  private readonly timer: NodeJS.Timeout;

  constructor(
    private readonly shard: Shard,
    private readonly options: WatchOptions,
    /** What others know to be wrong with it. */
    private readonly known: () => readonly ServerProblem[],
  ) {
    this.timer = setInterval(() => void this.look(), LOOK_MS);
    this.timer.unref();
    shard.onReady(() => void this.look());
  }

  /** The gravest first. */
  problems(): ServerProblem[] {
    return ranked([...this.seen, ...this.known()]);
  }

  close(): void {
    clearInterval(this.timer);
  }

  private async look(): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    try {
      const [ofInfo, ofFormat] = await Promise.all([this.lookAtInfo(), this.lookAtFormat()]);
      this.seen = [...ofInfo, ...ofFormat];
    } finally {
      this.busy = false;
      this.tell();
    }
  }

  private async lookAtInfo(): Promise<readonly ServerProblem[]> {
    try {
      return problemsOfInfo(parseInfo(String(await this.shard.ask('INFO'))), this.options.role);
    } catch {
      // It is away, or forbids to ask; what it forbids is told where it is needed.
      return [];
    }
  }

  private async lookAtFormat(): Promise<readonly ServerProblem[]> {
    try {
      const format = await this.shard.call('format', this.options.formatKey, []);
      return format !== null && Number(format) > DATA_FORMAT ? [newerFormat(String(format))] : [];
    } catch {
      return [];
    }
  }

  private tell(): void {
    const problems = this.problems();
    // Kinds tell a change; texts hold numbers and times that change without news.
    const kinds = JSON.stringify(problems.map(({ kind, severity }) => [kind, severity]));
    if (kinds === this.told) return;
    this.told = kinds;
    this.options.onProblems(problems.map(({ text }) => text));
  }
}
