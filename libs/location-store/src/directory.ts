import { directorySlotOf } from '@hexfleet/geo-partition';
import {
  type Correction,
  type DirectoryBirths,
  ENTRIES_KEPT_TTLS,
  type Entered,
  type EnterReply,
  type EnterRequest,
  type Todo,
} from '@hexfleet/partition-table';
import { BirthIds } from './birth-ids.js';
import { capturedAtMsOf, encodeEnters, encodePartitions, entryHashOf, homesOf } from './directory-entries.js';
import { DueCalls } from './due-calls.js';
import type { FunctionName } from './function-library.js';
import type { Shards } from './shards.js';

const TODOS_A_SLOT = 500;
const SWEEP_PAGE = 512;
/**
 * What `enter` says of a driver: entered, stale (0), from here up tied with the partition of the number above; or, below 0,
 * entered though a newer ping was told of here, captured at as many milliseconds.
 */
const ENTERED = 1;
const TIED = 2;

export interface PartitionTodo extends Todo {
  readonly partition: number;
}

export interface ListedTodos {
  readonly todos: readonly PartitionTodo[];
  /** Of the slots that answered. */
  readonly born: DirectoryBirths;
  readonly failures: readonly unknown[];
}

interface DueEnter {
  readonly partition: number;
  readonly request: EnterRequest;
  readonly nowMs: number;
}

interface EnteredInSlot extends Entered {
  readonly slot: number;
  readonly birth: string;
}

interface DueClear {
  readonly partition: number;
  readonly todo: Todo;
}

interface DueCorrection extends Correction {
  readonly partition: number;
}

/** `p/driver`, `token:capturedAtMs:hash`, and the driver's entry. */
type TodoRow = [field: Buffer, value: Buffer, entry: Buffer];

/** With the third of a TTL that the sweep takes, less than three TTLs. */
export function entriesKeptMs(ttlMs: number): number {
  return ENTRIES_KEPT_TTLS * ttlMs;
}

/** Which partition each driver is in, sharded by driver id. A method throws when it got no answer, and may be repeated. */
export class Directory {
  private readonly birthIds = new BirthIds();
  private readonly enters = new DueCalls((slot, due: readonly DueEnter[]) => this.enterNow(slot, due));
  private readonly corrections = new DueCalls((slot, due: readonly DueCorrection[]) => this.correctNow(slot, due));
  private readonly clears = new DueCalls((slot, due: readonly DueClear[]) => this.clearNow(slot, due));

  constructor(
    private readonly shards: Shards,
    private readonly entriesKeptMs: number,
  ) {}

  get slots(): readonly number[] {
    return this.shards.slots;
  }

  async enter(partition: number, requests: readonly EnterRequest[], nowMs: number): Promise<EnterReply> {
    const entered = await Promise.all(
      requests.map((request) => this.enters.ask(directorySlotOf(request.driverId), { partition, request, nowMs })),
    );
    return { entered, born: new Map(entered.map(({ slot, birth }) => [slot, birth])) };
  }

  /** What the partitions named have to clear, at most some hundreds a slot; and why slots did not answer, where they did not. */
  async todos(partitions: readonly number[], nowMs: number): Promise<ListedTodos> {
    const born = new Map<number, string>();
    const todos: PartitionTodo[] = [];
    const asked = encodePartitions(partitions);
    const calls = this.slots.map(async (slot) => {
      const args = [this.birthIds.next(), TODOS_A_SLOT, nowMs, this.entriesKeptMs, asked];
      const connection = this.connectionTo(slot);
      const [id, ...rows] = (await this.call('todos', slot, args)) as [Buffer, ...Buffer[]];
      born.set(slot, birthOf(id, connection));
      for (let i = 0; i + 2 < rows.length; i += 3) todos.push(readTodo(...(rows.slice(i, i + 3) as TodoRow)));
    });
    const failures = (await Promise.allSettled(calls)).flatMap((call) =>
      call.status === 'rejected' ? [call.reason as unknown] : [],
    );
    return { todos, born, failures };
  }

  async clear(partition: number, todos: readonly Todo[]): Promise<void> {
    await Promise.all(todos.map((todo) => this.clears.ask(directorySlotOf(todo.driverId), { partition, todo })));
  }

  /** Sets drivers back, whose newest ping was lost; not where something newer was told since. */
  async correct(partition: number, corrections: readonly Correction[]): Promise<void> {
    await Promise.all(
      corrections.map((one) => this.corrections.ask(directorySlotOf(one.driverId), { partition, ...one })),
    );
  }

  /** Drops what the directory has kept long enough, a page of a slot; returns the next page's cursor, '0' at the end. */
  async sweep(slot: number, cursor: string, nowMs: number): Promise<string> {
    return String(await this.call('sweep', slot, [cursor, SWEEP_PAGE, nowMs, this.entriesKeptMs]));
  }

  private async enterNow(slot: number, due: readonly DueEnter[]): Promise<EnteredInSlot[]> {
    const nowMs = Math.max(...due.map((one) => one.nowMs));
    const args = [this.birthIds.next(), nowMs, this.entriesKeptMs, encodeEnters(due)];
    const connection = this.connectionTo(slot);
    const [id, ...rows] = (await this.call('enter', slot, args)) as [Buffer, ...number[]];
    const birth = birthOf(id, connection);
    return due.map((_, i) => {
      const outcome = rows[2 * i] as number;
      const tiedWith = outcome >= TIED ? outcome - TIED : undefined;
      const toldMs = outcome < 0 ? -outcome : undefined;
      return { ok: outcome === ENTERED || outcome < 0, life: rows[2 * i + 1] as number, tiedWith, toldMs, slot, birth };
    });
  }

  private async correctNow(slot: number, due: readonly DueCorrection[]): Promise<undefined[]> {
    const args = due.flatMap(({ partition, driverId, toldMs, capturedAtMs }) => [
      ...[entryHashOf(driverId), partition, driverId, toldMs, capturedAtMs],
    ]);
    await this.call('correct', slot, args);
    return due.map(() => undefined);
  }

  private async clearNow(slot: number, due: readonly DueClear[]): Promise<undefined[]> {
    await this.call(
      'clear',
      slot,
      due.flatMap(({ partition, todo: { driverId, token } }) => [entryHashOf(driverId), partition, driverId, token]),
    );
    return due.map(() => undefined);
  }

  private connectionTo(slot: number): number {
    return this.shards.ofSlot(slot).connection;
  }

  private call(name: FunctionName, slot: number, args: readonly (string | number | Buffer)[]): Promise<unknown> {
    return this.shards.ofSlot(slot).call(name, this.shards.keys.born(slot), args);
  }
}

/**
 * A slot that comes back older than it was has the id of its birth still. It does so over another connection, so what is known
 * of a slot ends with the connection that it was heard by.
 */
function birthOf(id: Buffer, connection: number): string {
  return `${id}/${connection}`;
}

function readTodo(field: Buffer, value: Buffer, entry: Buffer): PartitionTodo {
  const [name, [token, listedAtMs]] = [String(field), String(value).split(':')];
  const slash = name.indexOf('/');
  const partition = Number(name.slice(0, slash));
  return {
    partition,
    driverId: name.slice(slash + 1),
    token: Number(token),
    capturedAtMs: capturedAtMsOf(entry) ?? Number(listedAtMs),
    elsewhere: homesOf(entry).filter((home) => home !== partition),
  };
}
