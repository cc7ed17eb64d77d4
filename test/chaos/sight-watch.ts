import { setTimeout as sleep } from 'node:timers/promises';
import type { FleetView, Position } from '../e2e/fleet-view.js';
import { ShownOrder } from '../e2e/shown-order.js';
import type { Chance } from './chance.js';
import type { Ledger } from './ledger.js';
import type { Violations } from './violations.js';

const EVERY_MS = 40;
const RADIUS_M = 3_000;
const LIMIT = 100;
/** A busy machine answers later than it has looked. */
const GHOST_SLACK_MS = 3_000;

/** Looks at the fleet as riders do, all the while, by place and by id. */
export class SightWatch {
  looks = 0;
  readonly #order = new ShownOrder();
  readonly #watching: Promise<void>;
  #isStopped = false;

  constructor(
    private readonly view: FleetView,
    private readonly ledger: Ledger,
    private readonly chance: Chance,
    private readonly ttlMs: number,
    private readonly violations: Violations,
  ) {
    this.#watching = this.#watch();
  }

  get moves(): number {
    return this.#order.moves;
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#watching;
  }

  async #watch(): Promise<void> {
    while (!this.#isStopped) {
      await sleep(EVERY_MS);
      const fresh = this.ledger.fresh(Date.now(), this.ttlMs);
      if (fresh.length === 0) continue;
      const place = this.ledger.newest(this.chance.oneOf(fresh));
      const id = this.chance.oneOf(fresh);
      // While a fault lasts there may be no answer; there must be no wrong one.
      const near = await this.view.near(place?.lat ?? 0, place?.lng ?? 0, LIMIT, RADIUS_M).catch(() => []);
      this.#judgeAnswer(near);
      for (const position of near) this.#judge(position, 'by place');
      const one = await this.view.driver(id).catch(() => undefined);
      if (one !== undefined) this.#judge(one, 'by id');
      this.looks++;
    }
  }

  #judgeAnswer(near: readonly Position[]): void {
    const ids = near.map(({ id }) => id);
    const doubled = ids.filter((id, i) => ids.indexOf(id) !== i);
    if (doubled.length > 0) this.violations.add('I3', `one answer holds ${doubled} twice`, near);
  }

  #judge(shown: Position, how: string): void {
    const { id } = shown;
    const backMs = this.#order.note(shown);
    if (backMs > 0) this.violations.add('I1', `${id}, ${how}, went back by ${backMs} ms`, shown);
    const lastSentMs = this.ledger.lastSentMs(id);
    // A ping may be shown before its answer has come back.
    if (lastSentMs === undefined) return;
    const silentMs = Date.now() - lastSentMs;
    if (silentMs > this.ttlMs + GHOST_SLACK_MS) {
      this.violations.add('I5', `${id} is shown ${how} after ${silentMs} ms of silence`, shown);
    }
  }
}
