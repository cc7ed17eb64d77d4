import type { Incarnation } from '@hexfleet/partition-table';

/**
 * Every key that Hexfleet has in Redis. The hash tag in braces keeps the keys of one partition, or of one directory slot,
 * on one shard; the name in front keeps two fleets on one Redis apart.
 */
export class Keys {
  constructor(private readonly name: string) {}

  /** Which fleet writes here, for as long as it says so. */
  get fleet(): string {
    return `${this.name}:fleet`;
  }

  /** Number of the format that the fleet's data is in. Its name is the former's but for the last word. */
  get format(): string {
    return `${this.name}:format`;
  }

  partitionTag(partition: number): string {
    return `{${partition}}`;
  }

  slotTag(slot: number): string {
    return `{d${slot}}`;
  }

  /** Holds the incarnation whose keys count, as `epoch.k`. */
  incarnation(partition: number): string {
    return `${this.name}:${this.partitionTag(partition)}:inc`;
  }

  header(partition: number, incarnation: Incarnation): string {
    return this.ofIncarnation(partition, 'header', incarnation);
  }

  geo(partition: number, incarnation: Incarnation): string {
    return this.ofIncarnation(partition, 'geo', incarnation);
  }

  records(partition: number, incarnation: Incarnation): string {
    return this.ofIncarnation(partition, 'records', incarnation);
  }

  /** First key of a directory slot; the slot's other keys are named beside it by the functions. */
  born(slot: number): string {
    return `${this.name}:${this.slotTag(slot)}:born`;
  }

  private ofIncarnation(partition: number, kind: string, { epoch, k }: Incarnation): string {
    return `${this.name}:${this.partitionTag(partition)}:${kind}:${epoch}.${k}`;
  }
}
