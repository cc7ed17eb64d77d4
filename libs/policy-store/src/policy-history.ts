import type { ControlBus, WriteOnceLog } from '@hexfleet/ping-bus';
import { type PolicyState, readPolicyState } from '@hexfleet/shed-policy';
import { HISTORY_BUCKET } from './buckets.js';

/** So many versions are kept at least; the oldest are dropped, a hundred at a time. */
const KEPT_VERSIONS = 2_000;
const DROP_EVERY = 100;

/** The states that there were, by version. All of it rejects when NATS is away. */
export class PolicyHistory {
  readonly #log: WriteOnceLog;

  constructor(bus: ControlBus) {
    this.#log = bus.log(HISTORY_BUCKET);
  }

  /** Makes sure that a state is kept; harmless when it is already. */
  async keep(state: PolicyState): Promise<void> {
    await this.#log.keep(state.version, state);
    if (state.version > KEPT_VERSIONS && state.version % DROP_EVERY === 0) {
      await this.#log.dropBefore(state.version - KEPT_VERSIONS);
    }
  }

  /** Up to `limit` states up to a version, newest first; fewer where older ones were dropped. */
  async upTo(version: number, limit: number): Promise<PolicyState[]> {
    const first = Math.max(1, version - limit + 1);
    const versions = Array.from({ length: Math.max(0, version - first + 1) }, (_, i) => version - i);
    const found = await this.#log.read(versions);
    return versions.flatMap((one) => readable(found.get(one)));
  }

  /** The one of the highest version that is kept. */
  async newest(): Promise<PolicyState | undefined> {
    return readable(await this.#log.newest())[0];
  }
}

function readable(document: unknown): PolicyState[] {
  const reading = document === undefined ? undefined : readPolicyState(document);
  return reading?.ok ? [reading.value] : [];
}
