/** What an app's `/metrics` said at one moment. */
export class MetricsPage {
  constructor(private readonly text: string) {}

  /** @throws Error where nothing answers. */
  static async of(url: string): Promise<MetricsPage> {
    const response = await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(PATIENCE_MS) });
    return new MetricsPage(await response.text());
  }

  /** Over all labels; 0 where there is no such metric. */
  sum(name: string): number {
    return this.#rows(name).reduce((sum, [, value]) => sum + value, 0);
  }

  /** The greatest over all labels; 0 where there is none. */
  greatest(name: string): number {
    return this.#rows(name).reduce((greatest, [, value]) => Math.max(greatest, value), 0);
  }

  /** Of a metric with the label `partition`. */
  byPartition(name: string): ReadonlyMap<number, number> {
    return new Map(this.#rows(name).map(([labels, value]) => [Number(/partition="(\d+)"/.exec(labels)?.[1]), value]));
  }

  #rows(name: string): [labels: string, value: number][] {
    const rows = this.text.matchAll(new RegExp(`^${name}(?:{([^}]*)})? (.*)$`, 'gm'));
    return [...rows].map(([, labels = '', value]) => [labels, Number(value)]);
  }
}

const PATIENCE_MS = 5_000;
