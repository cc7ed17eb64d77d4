import { directorySlotOf } from '@hexfleet/geo-partition';
import type { EnterReply, EnterRequest } from '@hexfleet/partition-table';
import type { BirthIds } from './birth-ids.js';
import type { Shards } from './shards.js';

/** Most drivers in one function call: Lua's unpack and Redis's attention both have bounds. */
const CALL_DRIVERS = 500;

interface DueEnter {
  readonly partition: number;
  readonly request: EnterRequest;
  readonly settle: (entered: Entered) => void;
  readonly fail: (error: unknown) => void;
}

interface Entered {
  readonly ok: boolean;
  readonly life: number;
  readonly slot: number;
  readonly birth: string;
}

/**
 * Enters drivers in the directory. A partition has a few of them each beat, and each lies in another slot: what all
 * partitions ask in one turn of the event loop goes to a slot in one call.
 */
export class DueEnters {
  private dueBySlot = new Map<number, DueEnter[]>();

  constructor(
    private readonly shards: Shards,
    private readonly birthIds: BirthIds,
    private readonly entriesKeptMs: number,
  ) {}

  /** @throws when a slot gave no answer; the whole may be repeated. */
  async enter(partition: number, requests: readonly EnterRequest[], nowMs: number): Promise<EnterReply> {
    const entered = await Promise.all(requests.map((request) => this.add(partition, request, nowMs)));
    return {
      entered: entered.map(({ ok, life }) => ({ ok, life })),
      born: new Map(entered.map(({ slot, birth }) => [slot, birth])),
    };
  }

  private add(partition: number, request: EnterRequest, nowMs: number): Promise<Entered> {
    return new Promise((settle, fail) => {
      if (this.dueBySlot.size === 0) setImmediate(() => this.flush(nowMs));
      const slot = directorySlotOf(request.driverId);
      const due = this.dueBySlot.get(slot) ?? [];
      if (due.length === 0) this.dueBySlot.set(slot, due);
      due.push({ partition, request, settle, fail });
    });
  }

  private flush(nowMs: number): void {
    const { dueBySlot } = this;
    this.dueBySlot = new Map();
    for (const [slot, due] of dueBySlot) {
      for (let from = 0; from < due.length; from += CALL_DRIVERS) {
        void this.call(slot, due.slice(from, from + CALL_DRIVERS), nowMs);
      }
    }
  }

  private async call(slot: number, due: readonly DueEnter[], nowMs: number): Promise<void> {
    const drivers = due.flatMap(({ partition, request }) => {
      const { driverId, capturedAtMs, holds, force, available, life } = request;
      return [partition, driverId, capturedAtMs, (holds ? 1 : 0) + (force ? 2 : 0) + (available ? 4 : 0), life];
    });
    const args = [this.birthIds.next(), nowMs, this.entriesKeptMs, ...drivers];
    try {
      const reply = await this.shards.ofSlot(slot).call('enter', this.shards.keys.born(slot), args);
      const [id, ...rows] = reply as [Buffer, ...number[]];
      const birth = String(id);
      for (const [i, { settle }] of due.entries()) {
        settle({ ok: rows[2 * i] === 1, life: rows[2 * i + 1] as number, slot, birth });
      }
    } catch (error) {
      for (const { fail } of due) fail(error);
    }
  }
}
