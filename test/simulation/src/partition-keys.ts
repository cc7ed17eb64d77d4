import {
  type AdoptReply,
  type ApplyReply,
  type ClaimReply,
  type Incarnation,
  NO_TOTALS,
  type OwnerEffect,
  type PartitionTotals,
} from '@hexfleet/partition-table';

export type Apply = Extract<OwnerEffect, { kind: 'apply' }>;
export type Adopt = Extract<OwnerEffect, { kind: 'adopt' }>;

export interface Header {
  n: number;
  count: number;
  by: number;
  unbuilt: boolean;
  totals: PartitionTotals;
}

/** Header and records under one name; a write may reach a name that nobody reads. */
export interface Named {
  header: Header | undefined;
  records: Map<string, Buffer>;
  recordsGoAtMs: number;
}

const UNBUILT_N = -9;
const NO_RECORDS: ReadonlyMap<string, Buffer> = new Map();

/**
 * What Redis holds of one partition, and what the functions `claim` and `adopt` and the native transactions of a write make of
 * it. That Redis itself does the same is what test/conformance is for. A mutation that breaks the protocol overrides a method.
 *
 * A header is kept for a week, longer than any run.
 */
export class PartitionKeys {
  protected inc: Incarnation | undefined;
  protected readonly named = new Map<string, Named>();
  private incName = '';

  constructor(private readonly recordsKeptMs: number) {}

  /** The records that readers see. */
  get visible(): ReadonlyMap<string, Buffer> {
    return this.named.get(this.incName)?.records ?? NO_RECORDS;
  }

  get header(): Readonly<Header> | undefined {
    return this.named.get(this.incName)?.header;
  }

  get incarnation(): Incarnation | undefined {
    return this.inc;
  }

  get epoch(): number {
    return this.inc?.epoch ?? 0;
  }

  /** Everything, under whatever name. */
  get names(): ReadonlyMap<string, Readonly<Named>> {
    return this.named;
  }

  claim(incarnation: Incarnation, withRecords: boolean): ClaimReply {
    const { inc } = this;
    if (inc !== undefined) {
      if (this.isFenced(incarnation, inc)) return { kind: 'fenced', epoch: inc.epoch };
      if (this.isOutdated(incarnation, inc)) return { kind: 'outdated' };
      this.rename(this.incName, nameOf(incarnation));
    }
    this.setIncarnation(incarnation);
    const named = this.of(nameOf(incarnation));
    const { header } = named;
    if (header === undefined || header.unbuilt || !this.isTrusted(header)) {
      this.plant(named, incarnation);
      return { kind: 'empty' };
    }
    const { n, by, totals } = header;
    this.mark(header, incarnation);
    const records = withRecords
      ? [...named.records].map(([driverId, record]) => ({ driverId, record: Buffer.from(record) }))
      : [];
    return { kind: 'built', n, by, totals, records };
  }

  apply(write: Apply, nowMs: number): ApplyReply {
    const { incarnation, n, sets, removals, totals, changedPublishers } = write;
    const isCurrent = this.isCurrent(incarnation);
    const named = this.of(nameOf(incarnation));
    const before = named.header;
    const publishers = new Map(before?.totals.publishers ?? []);
    for (const publisher of changedPublishers) {
      const mark = totals.publishers.get(publisher);
      if (mark === undefined) publishers.delete(publisher);
      else publishers.set(publisher, mark);
    }
    for (const { driverId, record } of sets) named.records.set(driverId, Buffer.from(record));
    if (sets.length > 0) named.recordsGoAtMs = nowMs + this.recordsKeptMs;
    for (const driverId of removals) named.records.delete(driverId);
    named.header = {
      n,
      count: (before?.count ?? 0) + 1,
      by: incarnation.epoch,
      unbuilt: before?.unbuilt ?? false,
      totals: { ...totals, position: totals.position ?? before?.totals.position, publishers },
    };
    if (!isCurrent) return 'other';
    return this.isExpected(before, write) ? 'ok' : 'diverged';
  }

  /** The whole table under a name of its own, which nobody reads yet. */
  build({ to, n, sets, totals }: Adopt, nowMs: number): void {
    const records = new Map(sets.map(({ driverId, record }) => [driverId, Buffer.from(record)]));
    const whole = { ...totals, publishers: new Map(totals.publishers) };
    const header = { n, count: n, by: to.epoch, unbuilt: false, totals: whole };
    this.named.set(nameOf(to), { header, records, recordsGoAtMs: nowMs + this.recordsKeptMs });
  }

  adopt({ from, to, n }: Adopt): AdoptReply {
    const { inc } = this;
    if (inc === undefined) return 'other';
    if (inc.epoch > from.epoch) return 'fenced';
    if (this.incName === nameOf(to)) return 'ok';
    if (!this.isBase(from) || !this.isBuilt(to, n)) return 'other';
    this.dropFormer(this.incName, nameOf(to));
    this.setIncarnation(to);
    return 'ok';
  }

  passTime(nowMs: number): void {
    for (const named of this.named.values()) if (nowMs >= named.recordsGoAtMs) named.records.clear();
  }

  /** All of it as it is now, to be put back later. */
  snapshot(): () => void {
    const { inc } = this;
    const kept = [...this.named].map(([name, one]) => [name, copyOf(one)] as const);
    return () => {
      this.named.clear();
      for (const [name, one] of kept) this.named.set(name, copyOf(one));
      this.setIncarnation(inc);
    };
  }

  wipe(): void {
    this.named.clear();
    this.setIncarnation(undefined);
  }

  protected isFenced({ epoch, k }: Incarnation, inc: Incarnation): boolean {
    return inc.epoch > epoch || (inc.epoch === epoch && k === 1);
  }

  protected isOutdated(incarnation: Incarnation, inc: Incarnation): boolean {
    return inc.epoch === incarnation.epoch && inc.k > incarnation.k;
  }

  protected isTrusted({ n, count }: Header): boolean {
    return n === count;
  }

  protected plant(named: Named, { epoch }: Incarnation): void {
    const { count, totals } = named.header ?? { count: 0, totals: NO_TOTALS };
    named.header = { n: UNBUILT_N, count, by: epoch, unbuilt: true, totals };
  }

  /** The header is the claimer's from now on. */
  protected mark(header: Header, { epoch }: Incarnation): void {
    header.by = epoch;
  }

  protected isCurrent(incarnation: Incarnation): boolean {
    return this.incName === nameOf(incarnation);
  }

  protected isExpected(before: Header | undefined, { incarnation, n }: Apply): boolean {
    return before !== undefined && before.n === n - 1 && before.count === n - 1 && before.by === incarnation.epoch;
  }

  protected isBase(from: Incarnation): boolean {
    return this.incName === nameOf(from);
  }

  protected isBuilt(to: Incarnation, n: number): boolean {
    return this.named.get(nameOf(to))?.header?.n === n;
  }

  protected dropFormer(former: string, _next: string): void {
    this.named.delete(former);
  }

  protected setIncarnation(inc: Incarnation | undefined): void {
    this.inc = inc;
    this.incName = inc === undefined ? '' : nameOf(inc);
  }

  /** Key by key, as Redis renames: one that isn't there leaves what lies under the new name. */
  private rename(from: string, to: string): void {
    const old = this.named.get(from);
    if (old === undefined || from === to) return;
    const target = this.of(to);
    if (old.header !== undefined) target.header = old.header;
    if (old.records.size > 0) {
      target.records = old.records;
      target.recordsGoAtMs = old.recordsGoAtMs;
    }
    this.named.delete(from);
  }

  private of(name: string): Named {
    let named = this.named.get(name);
    if (named === undefined) {
      named = { header: undefined, records: new Map(), recordsGoAtMs: Number.POSITIVE_INFINITY };
      this.named.set(name, named);
    }
    return named;
  }
}

export function nameOf({ epoch, k }: Incarnation): string {
  return `${epoch}.${k}`;
}

function copyOf({ header, records, recordsGoAtMs }: Named): Named {
  return { header: header && { ...header }, records: new Map(records), recordsGoAtMs };
}
