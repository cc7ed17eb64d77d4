import type { CellCover } from '@hexfleet/cells';
import type { LocationReader, SearchReply } from '@hexfleet/location-store';
import { DensityMemory, type Nearest, searchNearest } from '@hexfleet/nearest-search';
import pLimit from 'p-limit';
import type { AnsweredPositions } from './answered-positions.js';
import type { NearbyQuery } from './nearby-query.js';

/** A partition's owner writes at least a heartbeat every 5 s; after three of them missed, what is there may be old. */
const STALE_AFTER_MS = 15_000;
/** Searches under way at once: more would only wait for Redis, and hold memory. */
const MAX_IN_FLIGHT = 1_024;
/**
 * A ring that touches so many partitions may hold a whole city's drivers. A few of them are asked for at a time and some more
 * wait, so that a rider who looks for what is not there, in a wide circle, keeps neither Redis nor this process from the others.
 */
const WIDE_PARTITIONS = 24;
/** With positions carried, a ring looks some kilometres farther than it has to find anybody. */
const WIDE_CARRY_PARTITIONS = 40;
const WIDE_AT_ONCE = 2;
const MAX_WIDE_WAITING = 64;

export interface NearestAnswer {
  readonly drivers: readonly Nearest[];
  /** Some partition could not be asked, or has not been written for a while. */
  readonly degraded: boolean;
  readonly rings: number;
}

/** Runs a search: each ring that it wants is asked of the partitions whose cells the ring touches. */
export class NearestDrivers {
  readonly #memory = new DensityMemory();
  readonly #allPartitions: readonly number[];
  readonly #ttlMs: number;
  readonly #wideInTurn = pLimit(WIDE_AT_ONCE);
  #inFlight = 0;

  constructor(
    private readonly reader: Pick<LocationReader, 'search'>,
    private readonly cover: CellCover,
    private readonly answered: AnsweredPositions,
    { partitions, ttlMs }: { readonly partitions: number; readonly ttlMs: number },
  ) {
    this.#allPartitions = Array.from({ length: partitions }, (_, partition) => partition);
    this.#ttlMs = ttlMs;
  }

  /** Undefined when nobody can be asked: Redis is away, or too many are asking. */
  async nearest(query: NearbyQuery, nowMs: number): Promise<NearestAnswer | undefined> {
    if (this.#inFlight >= MAX_IN_FLIGHT) return undefined;
    this.#inFlight++;
    try {
      return await this.#search(query, nowMs);
    } finally {
      this.#inFlight--;
    }
  }

  async #search(query: NearbyQuery, nowMs: number): Promise<NearestAnswer | undefined> {
    const { center, limit, radiusM, vehicleClass = '', statuses, carry = false } = query;
    const widePartitions = carry ? WIDE_CARRY_PARTITIONS : WIDE_PARTITIONS;
    const asked = { center, limit, radiusM, filter: `${vehicleClass}/${[...statuses].join()}` };
    const search = searchNearest({
      ...query,
      startRadiusM: this.#memory.startRadiusM(asked),
      nowMs,
      ttlMs: this.#ttlMs,
      known: (driverId) => this.answered.newestOf(driverId),
    });
    let isPartial = false;
    let isOld = false;
    let rings = 0;
    let step = search.next();
    while (!step.done) {
      const ringM = step.value;
      const partitions = this.cover.partitionsTouching(center, ringM) ?? this.#allPartitions;
      const ask = () => this.reader.search(partitions, center, ringM);
      const reply = await (partitions.length < widePartitions ? ask() : this.#inTurn(ask));
      if (reply === undefined) return undefined;
      const unreachable = reply.unreachablePartitions.length;
      if (unreachable === partitions.length) return undefined;
      isPartial ||= unreachable > 0;
      isOld ||= nowMs - reply.oldestWriteAtMs > STALE_AFTER_MS;
      rings++;
      step = search.next(reply.hits);
    }
    for (const { driverId, record } of step.value) this.answered.note(driverId, record, nowMs);
    // Old positions still tell how densely drivers lie, for as long as there are any: a writer that is away must not make
    // every search a wide one. But that there are none left tells nothing.
    if (!isPartial && (!isOld || step.value.length >= query.limit)) this.#memory.learn(asked, step.value);
    return { drivers: step.value, degraded: isPartial || isOld, rings };
  }

  async #inTurn(ask: () => Promise<SearchReply>): Promise<SearchReply | undefined> {
    if (this.#wideInTurn.pendingCount >= MAX_WIDE_WAITING) return undefined;
    return this.#wideInTurn(ask);
  }
}
