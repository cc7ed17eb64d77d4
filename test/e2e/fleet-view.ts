import { type HttpReply, postPings } from '@hexfleet/ping-client';
import type { RunningHexfleet } from '../harness/index.js';
import { until } from '../harness/index.js';

/** What a fleet's own server sees of a running Hexfleet, through nothing but its interfaces. */
export class FleetView {
  constructor(private readonly hexfleet: RunningHexfleet) {}

  post(body: unknown): Promise<HttpReply> {
    return postPings(`${this.hexfleet.ready.gateway}/v1/fleet/pings`, this.hexfleet.ready.tokens.fleet, body);
  }

  async driver(driverId: string): Promise<Position | undefined> {
    const response = await this.get(`/v1/drivers/${encodeURIComponent(driverId)}`);
    if (response.status === 404) return undefined;
    if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`);
    return (await response.json()) as Position;
  }

  async near(lat: number, lng: number, limit: number, radiusM: number): Promise<Position[]> {
    const response = await this.get(`/v1/drivers/nearby?lat=${lat}&lng=${lng}&limit=${limit}&radiusM=${radiusM}`);
    if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`);
    return ((await response.json()) as { drivers: Position[] }).drivers;
  }

  /** Waits until the books balance, and returns them. @throws Error with the books when they never do. */
  async balanced(): Promise<Books> {
    let books: Books | undefined;
    const isBalanced = async () => {
      books = await this.books().catch(() => undefined);
      if (books === undefined) return undefined;
      const { accepted, written, superseded, expired } = books;
      return isGatewayBalanced(books) && accepted === written + superseded + expired ? books : undefined;
    };
    try {
      return await until('the books balance', isBalanced);
    } catch (error) {
      throw new Error(`${error}: ${JSON.stringify(books)}`);
    }
  }

  async books(): Promise<Books> {
    const [gateway, rows] = await Promise.all([metricsOf(this.hexfleet.ready.gateway), this.partitionRows()]);
    const ofGateway = (name: string) => sumOf(gateway, `hexfleet_pings_${name}_total`);
    const ofPartitions = (name: PartitionCount) => rows.reduce((sum, row) => sum + row[name], 0);
    return {
      received: ofGateway('received'),
      rejected: ofGateway('rejected'),
      shed: ofGateway('shed'),
      coalesced: ofGateway('coalesced'),
      unavailable: ofGateway('unavailable'),
      accepted: ofGateway('accepted'),
      written: ofPartitions('written'),
      superseded: ofPartitions('superseded'),
      expired: ofPartitions('expired'),
      partitions: rows.length,
    };
  }

  /**
   * What the owners export of their partitions, over all writers that answer. Of two that export one, as when a former owner
   * has not heard yet that it is one, the newer counts.
   */
  async partitionRows(): Promise<PartitionRow[]> {
    const exported = await Promise.all(this.hexfleet.ready.writers.map((url) => metricsOf(url).catch(() => [])));
    const rows = exported.flatMap(partitionRowsOf).sort((a, b) => a.epoch - b.epoch);
    return [...new Map(rows.map((row) => [row.partition, row])).values()];
  }

  /** How many pings the partitions have in their books; these outlive any process. */
  async taken(): Promise<number> {
    const { written, superseded, expired } = await this.books();
    return written + superseded + expired;
  }

  private get(path: string): Promise<Response> {
    return fetch(this.hexfleet.ready.nearby + path, {
      headers: { authorization: `Bearer ${this.hexfleet.ready.tokens.fleet}` },
    });
  }
}

export interface Position {
  readonly id: string;
  readonly lat: number;
  readonly lng: number;
  readonly distanceM: number;
  readonly capturedAtMs: number;
  readonly seq: number;
}

/** The counters of I6. */
export interface Books {
  readonly received: number;
  readonly rejected: number;
  readonly shed: number;
  readonly coalesced: number;
  readonly unavailable: number;
  readonly accepted: number;
  readonly written: number;
  readonly superseded: number;
  readonly expired: number;
  /** Partitions whose owner exports its row. */
  readonly partitions: number;
}

/** The gateway's side of I6. */
export function isGatewayBalanced({ received, rejected, shed, coalesced, unavailable, accepted }: Books): boolean {
  return rejected + shed + coalesced + unavailable + accepted === received;
}

export interface Metric {
  readonly name: string;
  readonly value: number;
  /** Of those that are told by partition. */
  readonly partition: number | undefined;
}

export type PartitionCount = 'written' | 'superseded' | 'expired';

/** What the owner of a partition exports of it. */
export interface PartitionRow extends Readonly<Record<PartitionCount, number>> {
  readonly partition: number;
  readonly epoch: number;
  readonly drivers: number;
}

export async function metricsOf(url: string): Promise<Metric[]> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return [...text.matchAll(/^([a-z_]+)(?:\{([^}]*)\})? ([0-9.e+-]+)$/gm)].map(([, name, labels, value]) => {
    const [, partition] = /\bpartition="(\d+)"/.exec(labels ?? '') ?? [];
    return {
      name: name as string,
      value: Number(value),
      partition: partition === undefined ? undefined : Number(partition),
    };
  });
}

function partitionRowsOf(metrics: readonly Metric[]): PartitionRow[] {
  const of = (name: string) =>
    new Map(metrics.filter((metric) => metric.name === name).map(({ partition, value }) => [partition, value]));
  const [written, superseded, expired] = ['written', 'superseded', 'expired'].map((name) =>
    of(`hexfleet_pings_${name}_total`),
  );
  const drivers = of('hexfleet_partition_drivers');
  return [...of('hexfleet_partition_epoch')].map(([partition, epoch]) => ({
    partition: partition as number,
    epoch,
    drivers: drivers.get(partition) ?? 0,
    written: written?.get(partition) ?? 0,
    superseded: superseded?.get(partition) ?? 0,
    expired: expired?.get(partition) ?? 0,
  }));
}

export function sumOf(metrics: readonly { name: string; value: number }[], name: string): number {
  return metrics.filter((metric) => metric.name === name).reduce((sum, { value }) => sum + value, 0);
}
