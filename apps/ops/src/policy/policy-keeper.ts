import type { ControlBus } from '@hexfleet/ping-bus';
import { PolicyFeed, type PolicyStore } from '@hexfleet/policy-store';
import { variableOf } from '@hexfleet/settings';
import { firstState, overridesInForce, type PolicyState, policyOfSettings } from '@hexfleet/shed-policy';
import { type Logger, METRIC, type Metrics } from '@hexfleet/telemetry';
import type { OpsSettings } from '../settings.js';

interface Surroundings {
  readonly bus: ControlBus;
  readonly store: PolicyStore;
  readonly settings: OpsSettings;
  /** The settings that were asked for. */
  readonly given: readonly string[];
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly nowMs: () => number;
}

/** Author of what nobody asked for. */
const AUTHOR = 'hexfleet-ops';
const RETRY_MS = 500;
const HYGIENE = ['maxAgeMs', 'futureToleranceMs', 'maxAccuracyM', 'maxSpeedMps'] as const;

/** Sees to it that there is a policy: makes the fleet's first one from the settings, and puts back one that was lost. */
export class PolicyKeeper {
  #feed: PolicyFeed | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isBeginning = false;
  #isCompared = false;

  constructor(private readonly surroundings: Surroundings) {
    const { metrics, nowMs } = surroundings;
    metrics.observe(METRIC.policyVersion, () => this.#feed?.state?.version ?? 0);
    metrics.observe(METRIC.policyOverrides, () => {
      const state = this.#feed?.state;
      return state === undefined ? 0 : overridesInForce(state, nowMs()).length;
    });
  }

  start(): void {
    const { bus, settings, logger, nowMs } = this.surroundings;
    this.#feed = new PolicyFeed(bus, {
      ttlMs: settings.ttlMs,
      nowMs,
      onChange: (state) => this.#compare(state),
      onLost: (last) => void this.#begin(last),
      onError: (error) => logger.warn({ err: error }, 'the policy'),
    });
    // Until there is one: NATS may come late, and may lose all that it had.
    this.#timer = setInterval(() => {
      if (bus.connected && this.#feed?.isFresh === false) void this.#begin(this.#feed.state);
    }, RETRY_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#feed?.close();
  }

  /** @throws Error that says why the policy is not known for sure. */
  check(): void {
    if (this.#feed === undefined) throw new Error('not started yet');
    this.#feed.check();
  }

  async #begin(last: PolicyState | undefined): Promise<void> {
    if (this.#isBeginning) return;
    this.#isBeginning = true;
    const { store, settings, logger, nowMs } = this.surroundings;
    const by = { author: AUTHOR, atMs: nowMs(), reason: 'the first policy, from the settings' };
    const begun = await store.begin(firstState(policyOfSettings(settings), by), last);
    this.#isBeginning = false;
    if (begun.kind !== 'known' || begun.state.version === last?.version) return;
    logger.info({ version: begun.state.version, ...begun.state.change }, 'there is a policy');
  }

  /** Who asks for something at the start should know that the policy says otherwise. */
  #compare({ version, policy }: PolicyState): void {
    if (this.#isCompared) return;
    this.#isCompared = true;
    const { settings, given, logger } = this.surroundings;
    for (const key of HYGIENE) {
      if (!given.includes(key) || settings[key] === policy.hygiene[key]) continue;
      logger.warn(
        { setting: variableOf(key), given: settings[key], inForce: policy.hygiene[key], version },
        `the policy in force has another ${key}: settings make a fleet’s first policy only. To change it: hexfleet policy ` +
          `get > policy.json, edit hygiene.${key}, hexfleet policy set policy.json`,
      );
    }
  }
}
