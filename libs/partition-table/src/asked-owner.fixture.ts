import { RECORD_BYTES, readRecord, recordSeq, writeRecord } from '@hexfleet/driver-record';
import type { Status } from '@hexfleet/ping';
import {
  type DriverWrite,
  NO_TOTALS,
  type OwnerEffect,
  type OwnerInput,
  ownPartition,
  type StreamBatch,
} from './index.js';

export const NOW_MS = 1_700_000_000_000;
export const TTL_MS = 60_000;
const SETTINGS = { partition: 3, epoch: 5, ttlMs: TTL_MS, heartbeatMs: 5_000, checkpointMs: 5_000 };

type Kind = OwnerEffect['kind'];
export type Effect<K extends Kind> = Extract<OwnerEffect, { kind: K }>;

/** An owner whose wishes the test grants one by one, and says how. */
export class Asked {
  private readonly owner = ownPartition(SETTINGS);
  private step = this.owner.next();

  /** The effect that the owner waits for now; @throws when it is of another kind. */
  wants<K extends Kind>(kind: K): Effect<K> {
    const { done, value } = this.step;
    if (done) throw new Error('it has ended');
    if (value.kind !== kind) throw new Error(`it wants ${value.kind}, not ${kind}`);
    return value as Effect<K>;
  }

  grant<K extends Kind>(kind: K, reply: unknown): Effect<K> {
    const effect = this.wants(kind);
    this.step = this.owner.next(reply);
    return effect;
  }

  get hasEnded(): boolean {
    return this.step.done === true;
  }

  feed(input: Partial<OwnerInput>): void {
    this.grant('wait', {
      nowMs: NOW_MS,
      batches: [],
      todos: [],
      born: new Map(),
      tick: false,
      isReading: true,
      ...input,
    });
  }

  /** What Redis would hold after this effect, by driver. */
  static seqsOf(sets: readonly DriverWrite[]): Record<string, number> {
    return Object.fromEntries(sets.map(({ driverId, record }) => [driverId, recordSeq(record)]));
  }
}

export function recordOf(seq: number, ageMs: number): Buffer {
  const record = Buffer.alloc(RECORD_BYTES);
  const nothing = { headingDeg: undefined, speedMps: undefined, accuracyM: undefined };
  const rest = { status: 'available', vehicleClass: 'car' } as const;
  writeRecord(record, 0, { latDeg: 1, lngDeg: 2, capturedAtMs: NOW_MS - ageMs, seq, ...nothing, ...rest });
  return record;
}

/** As a phone whose driver drives a rider would have sent it. */
export function stampStatus(record: Buffer, status: Status): void {
  const { life: _, writtenAtMs: __, ...ping } = readRecord(record);
  writeRecord(record, 0, { ...ping, status });
}

type Told = readonly [driverId: string, seq: number, ageMs: number];

export function message(seq: number, totalBefore: number, ...pings: Told[]): StreamBatch {
  const told = pings.map(([driverId, order, ageMs]) => ({ driverId, record: recordOf(order, ageMs) }));
  return {
    position: { stream: 's', seq },
    batch: {
      publisher: 'aa',
      totalBefore,
      receivedAtMs: NOW_MS,
      size: pings.length,
      readPings: () => told,
    },
  };
}

export const entered = (count: number) => ({
  entered: Array.from({ length: count }, () => ({ ok: true, life: 7, tiedWith: undefined, toldMs: undefined })),
  born: new Map(),
});

/** An owner that has taken over an empty partition and waits. */
export function started(): Asked {
  const asked = new Asked();
  asked.grant('claim', { kind: 'empty' });
  asked.grant('recall', NO_TOTALS);
  asked.grant('replay', { batches: [], nowMs: NOW_MS });
  asked.grant('adopt', 'ok');
  asked.wants('wait');
  return asked;
}

/** …and has written driver a, captured 1 s ago, from message 1. */
export function holdingA(): Asked {
  const asked = started();
  asked.feed({ batches: [message(1, 0, ['a', 1, 1_000])] });
  asked.grant('enter', entered(1));
  asked.grant('apply', 'ok');
  return asked;
}

export const counts = ({ totals: { written, superseded, expired } }: Effect<'wait' | 'apply'>) => [
  written,
  superseded,
  expired,
];
