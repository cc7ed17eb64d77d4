import { randomBytes } from 'node:crypto';
import { type HomeCells, homeCellsOf } from '@hexfleet/cells';
import { LoadShedder } from '@hexfleet/load-shedding';
import type { PingBus } from '@hexfleet/ping-bus';
import { PolicyFeed } from '@hexfleet/policy-store';
import { policyOfSettings } from '@hexfleet/shed-policy';
import type { Logger } from '@hexfleet/telemetry';
import type { GatewaySettings } from '../gateway-settings.js';
import type { Backlog } from '../intake/backlog.js';
import { ControlLink } from './control-link.js';
import { DecisionLog } from './decision-log.js';
import { GatewayPressure } from './gateway-pressure.js';
import { PingHints } from './ping-hints.js';
import { PolicyInUse } from './policy-in-use.js';

interface Surroundings {
  readonly logger: Logger;
  readonly cells: HomeCells;
  readonly backlog: Backlog;
  readonly heldBytes: () => number;
  readonly nowMs: () => number;
}

/** All that decides what is shed, and by what: put together here, used by the intake. */
export class Shedding {
  readonly policies: PolicyInUse;
  readonly shedder: LoadShedder;
  readonly hints: PingHints;
  readonly pressure: GatewayPressure;
  readonly decisions: DecisionLog;
  readonly #link: ControlLink;
  /** From where policies come, once NATS was there. */
  #feed: PolicyFeed | undefined;

  constructor(
    private readonly settings: GatewaySettings,
    private readonly surroundings: Surroundings,
  ) {
    const { partitions, resolution, slackM, driversRemembered, nextAfterMs, nextMinMoveM } = settings;
    const { cells, backlog, heldBytes, nowMs, logger } = surroundings;
    const gatewayId = randomBytes(6).toString('hex');
    const expandCell = (cell: string) => homeCellsOf(cell, resolution);
    this.policies = new PolicyInUse(policyOfSettings(settings), expandCell, cells, slackM);
    this.shedder = new LoadShedder(partitions, { driversRemembered });
    this.hints = new PingHints(partitions, { afterMs: nextAfterMs, minMoveM: nextMinMoveM }, Math.random);
    this.pressure = new GatewayPressure({
      ...{ gatewayId, partitions, backlog, heldBytes, nowMs },
      ...{ shedder: this.shedder, policies: this.policies, hints: this.hints },
      maxPendingPings: settings.maxPendingPings,
      isPolicyHeard: () => (this.#feed?.lastHeardMs ?? 0) > 0,
      onStage: (stage) => logger.warn({ stage }, 'this gateway has gone to another stage against its own overload'),
    });
    this.decisions = new DecisionLog(gatewayId, nowMs);
    this.#link = new ControlLink(gatewayId, this.pressure, this.decisions);
  }

  start(): void {
    this.#link.start();
  }

  connect(bus: PingBus): void {
    const { logger, nowMs } = this.surroundings;
    this.#link.connect(bus.control);
    this.#feed = new PolicyFeed(bus.control, {
      ttlMs: this.settings.ttlMs,
      onChange: (state) => {
        this.policies.use(state, nowMs());
        logger.info({ version: state.version, ...state.change }, 'policy');
      },
      onError: (error) => logger.warn({ err: error }, 'the policy'),
    });
  }

  /** For readiness. @throws Error when the policy in use may not be the one that operators set last. */
  checkPolicy(): void {
    if (this.#feed === undefined) throw new Error('NATS was not there yet: running on the settings');
    // A fleet without operators has no policy but its settings.
    const isNone = this.#feed.state === undefined && this.#feed.lastHeardMs > 0;
    if (!isNone) this.#feed.check();
  }

  stop(): void {
    this.#link.stop();
    this.#feed?.close();
  }
}
