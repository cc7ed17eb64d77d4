import type { Entered, EnterRequest, Todo } from '@hexfleet/partition-table';

export interface Entry {
  home: number;
  life: number;
  atMs: number;
  from: number[];
}

export interface ListedTodo {
  readonly token: number;
  readonly atMs: number;
}

/** A driver that a partition tells the slot of, at a time by the writer's clock. */
export interface EnterInSlot {
  readonly partition: number;
  readonly request: EnterRequest;
}

const LIVES = 2 ** 16;

/**
 * One slot of the directory, and what `enter`, `clear`, `todos`, `lookup` and `sweep` make of it. That Redis itself does the
 * same is what test/conformance is for. A mutation that breaks the protocol overrides a method.
 */
export class DirectorySlot {
  /** Empty where the slot has none. */
  born = '';
  protected readonly entries = new Map<string, Entry>();
  /** By `<partition>/<driver>`. */
  protected readonly listed = new Map<string, ListedTodo>();
  protected lastToken = 0;

  /** @param see is told of what a run should have seen. */
  constructor(
    protected readonly keptMs: number,
    protected readonly see: (what: string) => void = () => {},
  ) {}

  enter(requests: readonly EnterInSlot[], nowMs: number, newBorn: string): Entered[] {
    this.born ||= newBorn;
    let token: number | undefined;
    const newToken = () => {
      token ??= ++this.lastToken;
      return token;
    };
    return requests.map(({ partition, request }) => this.enterOne(partition, request, nowMs, newToken));
  }

  private enterOne(partition: number, request: EnterRequest, nowMs: number, newToken: () => number): Entered {
    const entry = this.entry(request.driverId, nowMs);
    if (entry === undefined) return this.enterAnew(partition, request);
    if (entry.home === partition) return this.stay(entry, partition, request);
    if (this.isStale(entry, request)) {
      if (request.holds) this.tellStaleHolder(entry, request.driverId, partition, newToken);
      return { ok: false, life: entry.life, tiedWith: request.capturedAtMs === entry.atMs ? entry.home : undefined };
    }
    return this.move(entry, partition, request, newToken);
  }

  private enterAnew(partition: number, { driverId, capturedAtMs, life }: EnterRequest): Entered {
    const ownLife = life < 0 ? Math.floor(capturedAtMs / 1_000) % LIVES : life;
    this.entries.set(driverId, { home: partition, life: ownLife, atMs: capturedAtMs, from: [] });
    this.drop(partition, driverId);
    return { ok: true, life: ownLife, tiedWith: undefined };
  }

  private stay(entry: Entry, partition: number, { driverId, capturedAtMs, force, life }: EnterRequest): Entered {
    if (force) this.dropOwnTodo(partition, driverId);
    entry.life = life < 0 ? (entry.life + 1) % LIVES : life;
    entry.atMs = Math.max(entry.atMs, capturedAtMs);
    return { ok: true, life: entry.life, tiedWith: undefined };
  }

  private move(entry: Entry, partition: number, request: EnterRequest, newToken: () => number): Entered {
    const { driverId, capturedAtMs, available } = request;
    this.leaveTodo(entry, driverId, capturedAtMs, newToken);
    const rest = entry.from.filter((home) => home !== partition);
    if (rest.length < entry.from.length) {
      this.see('a driver back where it was before');
      this.dropReturnersTodo(partition, driverId);
    }
    entry.from = [...rest, entry.home];
    entry.life = available ? entry.life : (entry.life + 1) % LIVES;
    entry.home = partition;
    entry.atMs = capturedAtMs;
    return { ok: true, life: entry.life, tiedWith: undefined };
  }

  protected isStale(entry: Entry, { capturedAtMs, force }: EnterRequest): boolean {
    return capturedAtMs < entry.atMs || (capturedAtMs === entry.atMs && !force);
  }

  protected leaveTodo(entry: Entry, driverId: string, atMs: number, newToken: () => number): void {
    this.listed.set(keyOf(entry.home, driverId), { token: newToken(), atMs });
  }

  protected tellStaleHolder(entry: Entry, driverId: string, partition: number, newToken: () => number): void {
    this.see('a stale holder told');
    entry.from = [...entry.from.filter((home) => home !== partition), partition];
    this.listed.set(keyOf(partition, driverId), { token: newToken(), atMs: entry.atMs });
  }

  protected dropReturnersTodo(partition: number, driverId: string): void {
    this.drop(partition, driverId);
  }

  /** One that outlived the entry it was made with. */
  protected dropOwnTodo(partition: number, driverId: string): void {
    this.drop(partition, driverId);
  }

  protected drop(partition: number, driverId: string): void {
    this.listed.delete(keyOf(partition, driverId));
  }

  todos(partition: number, nowMs: number, newBorn: string): Todo[] {
    this.born ||= newBorn;
    const todos: Todo[] = [];
    for (const [key, { token, atMs }] of this.listed) {
      const slash = key.indexOf('/');
      if (Number(key.slice(0, slash)) !== partition) continue;
      const driverId = key.slice(slash + 1);
      const homes = this.homes(driverId, nowMs);
      todos.push({ driverId, token, capturedAtMs: atMs, elsewhere: homes.filter((home) => home !== partition) });
    }
    return todos;
  }

  protected homes(driverId: string, nowMs: number): readonly number[] {
    const entry = this.entry(driverId, nowMs);
    return entry === undefined ? [] : [...entry.from, entry.home];
  }

  clear(partition: number, driverId: string, token: number): boolean {
    const key = keyOf(partition, driverId);
    const todo = this.listed.get(key);
    if (todo === undefined || !this.isSameTodo(todo, token)) return false;
    this.listed.delete(key);
    const entry = this.entries.get(driverId);
    if (entry !== undefined) entry.from = entry.from.filter((home) => home !== partition);
    return true;
  }

  protected isSameTodo(todo: ListedTodo, token: number): boolean {
    return todo.token === token;
  }

  /** Where a driver may be, its home last, and a text that changes with it. */
  lookup(driverId: string, nowMs: number): { readonly version: string; readonly homes: readonly number[] } {
    const entry = this.entry(driverId, nowMs);
    if (entry === undefined) return { version: '', homes: [] };
    const { home, atMs, from } = entry;
    return { version: `${home}/${atMs}/${from.join(',')}`, homes: [...from, home] };
  }

  sweep(nowMs: number): void {
    for (const [driverId, { atMs }] of this.entries) if (nowMs > atMs + this.keptMs) this.entries.delete(driverId);
  }

  get allEntries(): ReadonlyMap<string, Readonly<Entry>> {
    return this.entries;
  }

  get allTodos(): ReadonlyMap<string, ListedTodo> {
    return this.listed;
  }

  wipe(): void {
    this.born = '';
    this.entries.clear();
    this.listed.clear();
    this.lastToken = 0;
  }

  /** All of it as it is now, to be put back later. */
  snapshot(): () => void {
    const { born, lastToken } = this;
    const entries = copyOf(this.entries);
    const listed = [...this.listed];
    return () => {
      this.wipe();
      this.born = born;
      this.lastToken = lastToken;
      for (const [driverId, entry] of copyOf(new Map(entries))) this.entries.set(driverId, entry);
      for (const [key, todo] of listed) this.listed.set(key, todo);
    };
  }

  private entry(driverId: string, nowMs: number): Entry | undefined {
    const entry = this.entries.get(driverId);
    return entry === undefined || nowMs > entry.atMs + this.keptMs ? undefined : entry;
  }
}

function copyOf(entries: ReadonlyMap<string, Entry>): (readonly [string, Entry])[] {
  return [...entries].map(([driverId, entry]) => [driverId, { ...entry, from: [...entry.from] }]);
}

function keyOf(partition: number, driverId: string): string {
  return `${partition}/${driverId}`;
}
