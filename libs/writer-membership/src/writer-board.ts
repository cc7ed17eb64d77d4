import type { WriterBeat } from './writer-beat.js';

export interface LeaseSettings {
  /** What a silent writer owned is written by others again within about this long. */
  readonly leaseMs: number;
}

/** Of a lease: how often a beat is told, and how long a silence means that a writer is gone. The rest is for taking over. */
const BEATS_A_LEASE = 10;
const SILENT_AFTER_LEASES = 0.6;
/** Beats that a writer which has just started listens for before it takes anything. */
const LISTENS_FOR_BEATS = 2;

interface Heard {
  readonly beat: WriterBeat;
  /** On the clock of `listenedMs`. */
  readonly atListenedMs: number;
}

export function beatMs({ leaseMs }: LeaseSettings): number {
  return leaseMs / BEATS_A_LEASE;
}

/** A writer that says nothing for longer is gone. */
export function silentAfterMs({ leaseMs }: LeaseSettings): number {
  return SILENT_AFTER_LEASES * leaseMs;
}

/**
 * Who is alive, as one writer hears it. Silence is measured in time that this writer itself was listening: of a time in
 * which it was stopped, or cut off, hardly any counts, so that one who comes back doesn't take all others for dead.
 */
export class WriterBoard {
  /** By session: one of two processes of a name may leave, and the other one stay. */
  private readonly heard = new Map<string, Heard>();
  private listenedMs = 0;
  private lastMs: number | undefined;

  constructor(
    private readonly self: Pick<WriterBeat, 'writer' | 'session' | 'startedAtMs'>,
    private readonly settings: LeaseSettings,
  ) {}

  /** Call at every beat and before each decision, but not while cut off from the others. */
  passTime(nowMs: number): void {
    const passedMs = this.lastMs === undefined ? 0 : nowMs - this.lastMs;
    this.listenedMs += Math.min(Math.max(0, passedMs), 2 * beatMs(this.settings));
    this.lastMs = nowMs;
    for (const [session, heard] of this.heard) if (this.isSilent(heard)) this.heard.delete(session);
  }

  hear(beat: WriterBeat): void {
    if (beat.session !== this.self.session) this.heard.set(beat.session, { beat, atListenedMs: this.listenedMs });
  }

  /** False for a writer that has just started and can't know yet who else is there. */
  get hasListened(): boolean {
    return this.listenedMs >= LISTENS_FOR_BEATS * beatMs(this.settings);
  }

  /** Another process runs under this writer's name, was there first, and means to stay. */
  get isSecondOfItsName(): boolean {
    const { writer, startedAtMs: ownStartedAtMs, session: ownSession } = this.self;
    return this.staying().some(
      ({ writer: name, startedAtMs, session }) =>
        name === writer && (startedAtMs < ownStartedAtMs || (startedAtMs === ownStartedAtMs && session < ownSession)),
    );
  }

  /** Other writers that live and mean to stay, sorted. */
  others(): string[] {
    const names = new Set(this.staying().map(({ writer }) => writer));
    names.delete(this.self.writer);
    return [...names].sort();
  }

  /** Who else says that it writes a partition, under an epoch above `epoch`. */
  newerOwner(partition: number, epoch: number): string | undefined {
    for (const { beat } of this.heard.values()) {
      if (beat.partitions.some((owned) => owned.partition === partition && owned.epoch > epoch)) return beat.writer;
    }
    return undefined;
  }

  private staying(): WriterBeat[] {
    return [...this.heard.values()].flatMap(({ beat }) => (beat.draining ? [] : [beat]));
  }

  private isSilent({ atListenedMs }: Heard): boolean {
    return this.listenedMs - atListenedMs > silentAfterMs(this.settings);
  }
}
