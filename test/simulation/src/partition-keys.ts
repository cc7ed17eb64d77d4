import {
  type AdoptReply,
  type ApplyReply,
  type ClaimReply,
  type Incarnation,
  NO_TOTALS,
  type OwnerEffect,
  type PartitionTotals,
  type PublisherMark,
} from '@hexfleet/partition-table';

type Apply = Extract<OwnerEffect, { kind: 'apply' }>;
type Adopt = Extract<OwnerEffect, { kind: 'adopt' }>;

interface Header {
  n: number;
  count: number;
  unbuilt: boolean;
  drivers: number;
  totals: PartitionTotals;
}

/** Header and records under one name; a write may reach a name that nobody reads. */
interface Named {
  header: Header | undefined;
  readonly records: Map<string, Buffer>;
}

/**
 * What Redis holds of one partition, and what the functions `claim` and `adopt` and the native transactions of a write make of
 * it. A mutation that breaks the protocol overrides one of the methods.
 */
export class PartitionKeys {
  protected inc: Incarnation | undefined;
  protected named = new Map<string, Named>();

  /** The records that readers see. */
  get visible(): ReadonlyMap<string, Buffer> {
    return (this.inc && this.named.get(nameOf(this.inc))?.records) ?? new Map();
  }

  get header(): Readonly<Header> | undefined {
    return this.inc && this.named.get(nameOf(this.inc))?.header;
  }

  get epoch(): number {
    return this.inc?.epoch ?? 0;
  }

  claim(incarnation: Incarnation, withRecords: boolean): ClaimReply {
    const { inc } = this;
    if (inc !== undefined) {
      if (this.isFenced(incarnation, inc)) return { kind: 'fenced' };
      if (this.isOutdated(incarnation, inc)) return { kind: 'outdated' };
      const old = this.named.get(nameOf(inc));
      if (nameOf(inc) !== nameOf(incarnation)) {
        this.named.delete(nameOf(inc));
        if (old === undefined) this.named.delete(nameOf(incarnation));
        else this.named.set(nameOf(incarnation), old);
      }
    }
    this.inc = incarnation;
    const named = this.of(incarnation);
    const { header } = named;
    if (
      header === undefined ||
      header.unbuilt ||
      !this.isTrusted(header) ||
      !this.areAllThere(named.records, header.drivers)
    ) {
      named.header = { ...(header ?? { count: 0, drivers: 0, totals: NO_TOTALS }), n: -9, unbuilt: true };
      return { kind: 'empty' };
    }
    const { n, totals } = header;
    const records = withRecords
      ? [...named.records].map(([driverId, record]) => ({ driverId, record: Buffer.from(record) }))
      : [];
    return { kind: 'built', before: inc ?? { epoch: 0, k: 0 }, n, totals, records };
  }

  apply({ incarnation, n, sets, removals, holds, totals, changedPublishers }: Apply): ApplyReply {
    const isCurrent = this.isCurrent(incarnation);
    const named = this.of(incarnation);
    const before = named.header;
    const publishers = new Map(before?.totals.publishers ?? []);
    for (const publisher of changedPublishers) {
      const mark = totals.publishers.get(publisher);
      if (mark === undefined) publishers.delete(publisher);
      else publishers.set(publisher, mark as PublisherMark);
    }
    for (const { driverId, record } of sets) named.records.set(driverId, Buffer.from(record));
    for (const driverId of removals) named.records.delete(driverId);
    const position = totals.position ?? before?.totals.position;
    named.header = {
      n,
      count: (before?.count ?? 0) + 1,
      unbuilt: before?.unbuilt ?? false,
      drivers: holds,
      totals: { ...totals, position, publishers },
    };
    if (!isCurrent) return 'other';
    return this.isExpected(before, n) && this.areAllThere(named.records, holds) ? 'ok' : 'diverged';
  }

  /** The whole table under a name of its own, which nobody reads yet. */
  build({ to, n, sets, totals }: Adopt): void {
    const records = new Map(sets.map(({ driverId, record }) => [driverId, Buffer.from(record)]));
    const header = {
      n,
      count: n,
      unbuilt: false,
      drivers: sets.length,
      totals: { ...totals, publishers: new Map(totals.publishers) },
    };
    this.named.set(nameOf(to), { header, records });
  }

  adopt({ from, to, n }: Adopt): AdoptReply {
    const { inc } = this;
    if (inc === undefined) return 'other';
    if (inc.epoch > from.epoch) return 'fenced';
    if (nameOf(inc) === nameOf(to)) return 'ok';
    if (nameOf(inc) !== nameOf(from)) return 'other';
    if (this.named.get(nameOf(to))?.header?.n !== n) return 'other';
    this.named.delete(nameOf(inc));
    this.inc = to;
    return 'ok';
  }

  /** All of it as it is now, to be put back later. */
  snapshot(): () => void {
    const { inc } = this;
    const named = new Map([...this.named].map(([name, one]) => [name, copyOf(one)]));
    return () => {
      this.inc = inc;
      this.named = new Map([...named].map(([name, one]) => [name, copyOf(one)]));
    };
  }

  wipe(): void {
    this.inc = undefined;
    this.named = new Map();
  }

  /** The records go by themselves, as by eviction; the header stays. */
  evict(): void {
    if (this.inc !== undefined) this.of(this.inc).records.clear();
  }

  protected isFenced({ epoch }: Incarnation, inc: Incarnation): boolean {
    return inc.epoch > epoch;
  }

  protected isOutdated(incarnation: Incarnation, inc: Incarnation): boolean {
    return inc.epoch === incarnation.epoch && inc.k > incarnation.k;
  }

  protected isTrusted({ n, count }: Header): boolean {
    return n === count;
  }

  protected isCurrent(incarnation: Incarnation): boolean {
    return this.inc !== undefined && nameOf(this.inc) === nameOf(incarnation);
  }

  protected isExpected(before: Header | undefined, n: number): boolean {
    return before !== undefined && before.n === n - 1 && before.count === n - 1;
  }

  protected areAllThere(records: ReadonlyMap<string, Buffer>, holds: number): boolean {
    return records.size === holds;
  }

  protected of(incarnation: Incarnation): Named {
    const name = nameOf(incarnation);
    let named = this.named.get(name);
    if (named === undefined) {
      named = { header: undefined, records: new Map() };
      this.named.set(name, named);
    }
    return named;
  }
}

export function nameOf({ epoch, k }: Incarnation): string {
  return `${epoch}.${k}`;
}

function copyOf({ header, records }: Named): Named {
  return { header: header && { ...header }, records: new Map(records) };
}
