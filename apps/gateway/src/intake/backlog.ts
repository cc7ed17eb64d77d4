/** How many pings wait for the stream in the whole gateway, over all partitions, and the bound on it. */
export class Backlog {
  pings = 0;

  constructor(private readonly maxPings: number) {}

  get isFull(): boolean {
    return this.pings >= this.maxPings;
  }
}
