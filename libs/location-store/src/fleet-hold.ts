import type { ServerProblem } from './server-problem.js';
import type { Shard } from './shard.js';

/** What this code makes of its data in Redis; a higher number there was made by a newer release. */
export const DATA_FORMAT = 1;

const REFRESH_MS = 1_000;
/** A fleet that has not said for so long that it writes here, does so no more. */
const HELD_MS = 5_000;
/** Ids of streams that this process wrote for before; more were never seen in one life. */
const MOST_IDS = 8;

type State =
  | { readonly kind: 'unknown' | 'held' }
  | { readonly kind: 'rival'; readonly value: string; readonly isLive: boolean }
  | { readonly kind: 'newer'; readonly format: string };

/**
 * Two fleets of one name on one Redis, each with a NATS of its own, would take each other's partitions for ever. So a fleet
 * says on each server, once a second, that it writes there; what it says fades by itself. Its id is that of its stream. A
 * writer that finds another id waits whether that is said again: if so, another fleet lives and this one takes nothing; if
 * not, NATS was emptied, and it goes on once the old one has faded. A writer that was there when NATS was emptied knows the
 * old id as its own, and replaces it at once.
 */
export class FleetHold {
  private state: State = { kind: 'unknown' };
  private ids: readonly string[] = [];
  private timer: NodeJS.Timeout | undefined;
  private refreshes = 0;
  private busy = false;

  constructor(
    private readonly shard: Shard,
    private readonly key: string,
  ) {}

  /** Says from now on that the fleet of this id writes here. */
  claim(id: string): void {
    this.ids = [id, ...this.ids.filter((other) => other !== id)].slice(0, MOST_IDS);
    this.timer ??= setInterval(() => void this.refresh(), REFRESH_MS);
    void this.refresh();
  }

  /** @throws Error while it isn't sure that the fleet may write here. Where no fleet was told of, it may. */
  requireHeld(): void {
    if (this.ids.length === 0 || this.state.kind === 'held') return;
    throw new Error(this.problem?.text ?? 'it is not known yet whether another fleet writes this Redis');
  }

  get problem(): ServerProblem | undefined {
    const { state } = this;
    if (state.kind === 'newer') return newerFormat(state.format);
    if (state.kind !== 'rival') return undefined;
    const text = state.isLive
      ? `is written by another fleet of the same name, on another NATS (${this.key}): give this fleet another HEXFLEET_NAME or its own Redis, or stop the other`
      : `was written by another fleet of the same name, or by this one before its NATS was emptied (${this.key}): waiting to see that it lives no more`;
    return { kind: 'fleet', severity: state.isLive ? 'refuse' : 'failing', text };
  }

  close(): void {
    clearInterval(this.timer);
  }

  private async refresh(): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    try {
      // A text that is new each time shows those who look that somebody lives.
      const text = `${process.pid}.${Date.now()}.${++this.refreshes}`;
      const reply = await this.shard.call('hold', this.key, [text, HELD_MS, DATA_FORMAT, ...this.ids]);
      const [kind, value] = (reply as Buffer[]).map(String);
      this.state = this.next(kind, value ?? '');
    } catch {
      // No answer is no news; the shard itself tells what is wrong with the server.
    } finally {
      this.busy = false;
    }
  }

  private next(kind: string | undefined, value: string): State {
    if (kind === 'HELD') return { kind: 'held' };
    if (kind === 'NEWER') return { kind: 'newer', format: value };
    const { state } = this;
    const isLive = state.kind === 'rival' && (state.isLive || state.value !== value);
    return { kind: 'rival', value, isLive };
  }
}

export function newerFormat(format: string): ServerProblem {
  const text = `holds data that was made by a newer Hexfleet (format ${format}, this one knows ${DATA_FORMAT}): run that release, or another HEXFLEET_NAME`;
  return { kind: 'format', severity: 'refuse', text };
}
