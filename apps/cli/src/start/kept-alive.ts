import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '@hexfleet/telemetry';
import { portOf, type RunningUnit, type UnitRecipe } from './unit.js';

/**
 * Keeps one process alive. States: starting → up → (it died) → waiting → starting …, and stopping from any of them. The
 * wait doubles from 0.5 s to 5 s while the process keeps dying, and starts over once it has lived for half a minute. A
 * restarted process gets the port that it had, so that the others find it again by themselves.
 */
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 5_000;
const LONG_LIFE_MS = 30_000;

export class KeptAlive {
  readonly label: string;
  readonly #recipe: UnitRecipe;
  readonly #logger: Logger;
  readonly #onUp: (label: string, unit: RunningUnit) => void;
  readonly #stopping = new AbortController();
  #unit: RunningUnit | undefined;
  #life: Promise<void> = Promise.resolve();

  constructor(recipe: UnitRecipe, logger: Logger, onUp: (label: string, unit: RunningUnit) => void) {
    this.label = recipe.label;
    this.#recipe = recipe;
    this.#logger = logger;
    this.#onUp = onUp;
  }

  /** The first start. @throws Error when the process can't come up. */
  async start(): Promise<RunningUnit> {
    const first = this.#startOnce(undefined);
    // `stop` during the first start waits for this, so that no process is left that nobody knows of.
    this.#life = first.then(
      (unit) => this.#keep(unit),
      () => undefined,
    );
    return first;
  }

  /** Resolves when the process is gone and stays gone; false when it had to be killed. */
  async stop(): Promise<boolean> {
    this.#stopping.abort(new Error('stopping'));
    const orderly = (await this.#unit?.stop()) ?? true;
    await this.#life;
    return orderly;
  }

  async #startOnce(port: number | undefined): Promise<RunningUnit> {
    const unit = await this.#recipe.start(port, this.#stopping.signal);
    this.#unit = unit;
    this.#onUp(this.label, unit);
    if (this.#stopping.signal.aborted) await unit.stop();
    return unit;
  }

  async #keep(first: RunningUnit): Promise<void> {
    const port = portOf(first);
    let waitMs = FIRST_WAIT_MS;
    let unit: RunningUnit | undefined = first;
    while (true) {
      const bornAtMs = Date.now();
      const end = unit === undefined ? undefined : await unit.ended;
      if (this.#stopping.signal.aborted) return;
      if (end !== undefined) {
        if (Date.now() - bornAtMs >= LONG_LIFE_MS) waitMs = FIRST_WAIT_MS;
        this.#logger.warn({ unit: this.label }, `${this.label} ended (${end}); starting it again in ${waitMs} ms`);
      }
      await this.#pause(waitMs);
      if (this.#stopping.signal.aborted) return;
      waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS);
      unit = await this.#startAgain(port, waitMs);
    }
  }

  async #startAgain(port: number | undefined, nextWaitMs: number): Promise<RunningUnit | undefined> {
    try {
      return await this.#startOnce(port);
    } catch (error) {
      if (this.#stopping.signal.aborted) return undefined;
      const reason = (error as Error).message;
      this.#logger.error(
        { unit: this.label, reason },
        `${this.label} can't be started again; trying in ${nextWaitMs} ms`,
      );
      return undefined;
    }
  }

  /** Cut short by stopping. */
  async #pause(durationMs: number): Promise<void> {
    await sleep(durationMs, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
  }
}
