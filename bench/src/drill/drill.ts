import { AddedGateway } from '../services/added-gateway.js';
import { type Hexfleet, type HexfleetOptions, startHexfleet } from '../services/hexfleet.js';
import { FleetLoad } from './fleet-load.js';
import type { FleetGroup } from './fleet-plan.js';
import { Operator } from './operator.js';
import { PressureWatch } from './pressure-watch.js';

export interface DrillFleet {
  readonly groups: readonly FleetGroup[];
  readonly intervalMs?: number;
  readonly obey?: number;
  readonly pingsAtOnce?: number;
}

/** Drivers ping this often where it isn't said otherwise. */
export const PING_EVERY_MS = 4_000;
const PINGS_AT_ONCE = 100;
const CONNECTIONS = 32;
/** Far more than any drill takes. */
const MOST_SECONDS = 900;

/** A Hexfleet held to few pings a second, fleets that ask more of it, and who watches. */
export class Drill {
  readonly operator: Operator;
  readonly watch: PressureWatch;
  readonly #gatewayUrls: string[];
  readonly #ends: (() => Promise<void>)[] = [];

  private constructor(readonly hexfleet: Hexfleet) {
    this.operator = new Operator(hexfleet);
    this.#gatewayUrls = [hexfleet.gatewayUrl];
    this.watch = new PressureWatch(hexfleet.writerUrls[0], this.#gatewayUrls, this.operator);
    this.#ends.push(
      () => this.watch.stop(),
      () => hexfleet.stop(),
    );
  }

  /** Starts a Hexfleet, lets the drill run, and stops all that it started, however it ends. */
  static async run<Result>(
    options: HexfleetOptions & { readonly writerLimit: number },
    act: (drill: Drill) => Promise<Result>,
  ): Promise<Result> {
    const drill = new Drill(await startHexfleet(options));
    try {
      return await act(drill);
    } finally {
      for (const end of drill.#ends) await end();
    }
  }

  get gatewayUrls(): readonly string[] {
    return this.#gatewayUrls;
  }

  /** One more gateway, for fleets that are opened from now on. */
  async addGateway(): Promise<AddedGateway> {
    const gateway = await AddedGateway.start(this.hexfleet);
    this.#ends.unshift(() => gateway.stop());
    this.#gatewayUrls.push(gateway.url);
    return gateway;
  }

  /** A fleet that doesn't ping yet. Its groups' names must be no other fleet's. */
  async openFleet(fleet: DrillFleet): Promise<FleetLoad> {
    const load = await FleetLoad.open({
      intervalMs: PING_EVERY_MS,
      pingsAtOnce: PINGS_AT_ONCE,
      obey: 0,
      ...fleet,
      gatewayUrls: this.gatewayUrls,
      token: this.hexfleet.fleetToken,
      connections: CONNECTIONS,
      mostSeconds: MOST_SECONDS,
    });
    this.#ends.unshift(() => load.stop());
    return load;
  }
}

/** So many drivers offer so many pings a second. */
export function driversFor(pingsPerSecond: number, intervalMs = PING_EVERY_MS): number {
  return Math.max(1, Math.round((pingsPerSecond * intervalMs) / 1_000));
}
