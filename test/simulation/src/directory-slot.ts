import type { Correction, Entered, EnterRequest, Todo } from '@hexfleet/partition-table';

interface Entry {
  home: number;
  atMs: number;
  from: number[];
}

interface ListedTodo {
  readonly token: number;
  readonly atMs: number;
}

/** One slot of the directory, and what `enter`, `clear`, `todos`, `lookup` and `sweep` make of it. */
export class DirectorySlot {
  born = '';
  protected entries = new Map<string, Entry>();
  /** By `<partition>/<driver>`. */
  protected listed = new Map<string, ListedTodo>();
  protected lastToken = 0;

  constructor(protected readonly keptMs: number) {}

  enter(partition: number, requests: readonly EnterRequest[], nowMs: number, newBorn: string): Entered[] {
    this.born ||= newBorn;
    let token: number | undefined;
    const newToken = () => {
      token ??= ++this.lastToken;
      return token;
    };
    return requests.map((request) => this.enterOne(partition, request, nowMs, newToken));
  }

  protected enterOne(
    partition: number,
    { driverId, capturedAtMs, holds, force, life }: EnterRequest,
    nowMs: number,
    newToken: () => number,
  ): Entered {
    const ok = { ok: true, life: Math.max(0, life), tiedWith: undefined, toldMs: undefined };
    const entry = this.entry(driverId, nowMs);
    if (entry === undefined) {
      this.entries.set(driverId, { home: partition, atMs: capturedAtMs, from: [] });
      this.listed.delete(keyOf(partition, driverId));
      return ok;
    }
    if (entry.home === partition) {
      // A to-do may outlive the entry that it was made with.
      if (force) this.dropReturnersTodo(partition, driverId);
      const toldMs = entry.atMs > capturedAtMs ? entry.atMs : undefined;
      entry.atMs = Math.max(entry.atMs, capturedAtMs);
      return { ...ok, toldMs };
    }
    if (capturedAtMs < entry.atMs || (capturedAtMs === entry.atMs && !force)) {
      if (holds) this.tellStaleHolder(entry, driverId, partition, newToken);
      const tiedWith = capturedAtMs === entry.atMs ? entry.home : undefined;
      return { ok: false, life: 0, tiedWith, toldMs: undefined };
    }
    this.listed.set(keyOf(entry.home, driverId), { token: newToken(), atMs: capturedAtMs });
    const rest = entry.from.filter((home) => home !== partition);
    if (rest.length < entry.from.length) this.dropReturnersTodo(partition, driverId);
    entry.from = [...rest, entry.home];
    entry.home = partition;
    entry.atMs = capturedAtMs;
    return ok;
  }

  protected tellStaleHolder(entry: Entry, driverId: string, partition: number, newToken: () => number): void {
    entry.from = [...entry.from.filter((home) => home !== partition), partition];
    this.listed.set(keyOf(partition, driverId), { token: newToken(), atMs: entry.atMs });
  }

  protected dropReturnersTodo(partition: number, driverId: string): void {
    this.listed.delete(keyOf(partition, driverId));
  }

  todos(partition: number, nowMs: number, newBorn: string): Todo[] {
    this.born ||= newBorn;
    const todos: Todo[] = [];
    for (const [key, { token, atMs }] of this.listed) {
      const [p, driverId] = key.split('/') as [string, string];
      if (Number(p) !== partition) continue;
      const entry = this.entry(driverId, nowMs);
      const homes = entry === undefined ? [] : [...entry.from, entry.home];
      const elsewhere = homes.filter((home) => home !== partition);
      todos.push({ driverId, token, capturedAtMs: entry?.atMs ?? atMs, elsewhere });
    }
    return todos;
  }

  correct(partition: number, { driverId, toldMs, capturedAtMs }: Correction): boolean {
    const entry = this.entries.get(driverId);
    if (entry?.home !== partition || entry.atMs !== toldMs) return false;
    entry.atMs = capturedAtMs;
    return true;
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

  get left(): { readonly entries: number; readonly todos: number } {
    return { entries: this.entries.size, todos: this.listed.size };
  }

  todoKeys(): readonly string[] {
    return [...this.listed.keys()];
  }

  wipe(): void {
    this.born = '';
    this.entries = new Map();
    this.listed = new Map();
    this.lastToken = 0;
  }

  snapshot(): () => void {
    const { born, lastToken } = this;
    const copied = (entries: ReadonlyMap<string, Entry>) =>
      new Map([...entries].map(([driverId, entry]) => [driverId, { ...entry, from: [...entry.from] }]));
    const entries = copied(this.entries);
    const listed = new Map(this.listed);
    return () => {
      this.born = born;
      this.lastToken = lastToken;
      this.entries = copied(entries);
      this.listed = new Map(listed);
    };
  }

  protected entry(driverId: string, nowMs: number): Entry | undefined {
    const entry = this.entries.get(driverId);
    return entry === undefined || nowMs > entry.atMs + this.keptMs ? undefined : entry;
  }
}

function keyOf(partition: number, driverId: string): string {
  return `${partition}/${driverId}`;
}
