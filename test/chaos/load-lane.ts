import { setTimeout as sleep } from 'node:timers/promises';
import { PingPoster, type PingPosterOptions } from '@hexfleet/ping-client';
import type { Ledger } from './ledger.js';
import type { PingSource } from './ping-sources.js';

const EVERY_MS = 200;
/** The gateway takes no more in a frame. */
const MOST_PINGS = 500;

/** Sends what a source has due, a request at a time, so that each driver's pings keep their order. */
export class LoadLane {
  readonly #poster: PingPoster;
  longestAnswerMs = 0;
  #isPaused = true;
  #underWay: Promise<void> = Promise.resolve();

  constructor(
    public source: PingSource,
    private readonly ledger: Ledger,
    target: PingPosterOptions,
  ) {
    this.#poster = new PingPoster({ ...target, timeoutMs: 20_000 });
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#underWay = this.#run();
  }

  /** Resolves when everything sent is answered, or known not to be. */
  async pause(): Promise<void> {
    this.#isPaused = true;
    await this.#underWay;
  }

  async close(): Promise<void> {
    await this.pause();
    await this.#poster.close();
  }

  async #run(): Promise<void> {
    while (!this.#isPaused) {
      const pings = this.source.due(Date.now());
      for (let from = 0; from < pings.length; from += MOST_PINGS) {
        const some = pings.slice(from, from + MOST_PINGS);
        const sentAtMs = Date.now();
        this.ledger.note(some, await this.#poster.send(some));
        this.longestAnswerMs = Math.max(this.longestAnswerMs, Date.now() - sentAtMs);
      }
      await sleep(EVERY_MS);
    }
  }
}
