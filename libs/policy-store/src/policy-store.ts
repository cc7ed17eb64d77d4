import { setTimeout as sleep } from 'node:timers/promises';
import type { ControlBus, SharedDocument, SharedValue } from '@hexfleet/ping-bus';
import { type Fault, type PolicyState, readPolicyState, type Transition } from '@hexfleet/shed-policy';
import { POLICY_BUCKET } from './buckets.js';
import { PolicyHistory } from './policy-history.js';

export interface PolicyStoreOptions {
  /** Told of what goes wrong and does not matter to the answer. */
  readonly onError: (error: unknown) => void;
}

/** The state that is stored; `missing` before the first, `unavailable` when it can't be had now. */
export type StoredPolicy =
  | { readonly kind: 'known'; readonly state: PolicyState }
  | { readonly kind: 'missing' }
  | { readonly kind: 'unavailable'; readonly detail: string };

/** What became of a change. `stale`: the present version is none of those expected. */
export type ChangeOutcome =
  | { readonly kind: 'changed'; readonly state: PolicyState }
  | { readonly kind: 'stale'; readonly version: number }
  | { readonly kind: 'invalid' | 'not_found'; readonly faults: readonly Fault[] }
  | { readonly kind: 'unavailable'; readonly detail: string };

/** Others may be faster so many times in a row. */
const MAX_TRIES = 40;
const MAX_PAUSE_MS = 25;

const NO_POLICY = 'there is no policy yet';

/** The policy as operators change it. */
export class PolicyStore {
  readonly history: PolicyHistory;
  readonly #document: SharedDocument;
  /** Changes of this process queue up, so that it doesn't race itself. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(
    bus: ControlBus,
    private readonly options: PolicyStoreOptions,
  ) {
    this.#document = bus.document(POLICY_BUCKET);
    this.history = new PolicyHistory(bus);
  }

  /** As it is stored at this moment. */
  async current(): Promise<StoredPolicy> {
    try {
      return stored(await this.#read());
    } catch (error) {
      return unavailable(error);
    }
  }

  /**
   * Makes the first state, unless there is one. A document that was lost is put back: as `last` has it, or as the history's
   * newest. Of several processes that try at once, one does it.
   */
  async begin(first: PolicyState, last?: PolicyState): Promise<StoredPolicy> {
    try {
      const found = await this.#read();
      if (found.kind !== 'missing') return stored(found);
      const kept = await this.history.newest();
      const candidates = [first, kept, last].filter((state) => state !== undefined);
      const newest = candidates.reduce((a, b) => (b.version > a.version || a === first ? b : a));
      await this.#document.write(newest, 0);
      const now = await this.#read();
      if (now.kind === 'known') await this.history.keep(now.state);
      return stored(now);
    } catch (error) {
      return unavailable(error);
    }
  }

  /**
   * Changes the state that is there to what `make` makes of it, again and again while others are faster. `make` must be
   * without effect. With versions expected, a state of another version is left as it is.
   */
  change(make: (state: PolicyState) => Transition, expected?: readonly number[]): Promise<ChangeOutcome> {
    const outcome = this.#last.then(() => this.#change(make, expected)).catch(unavailable);
    this.#last = outcome;
    return outcome;
  }

  /** Up to `limit` versions, newest first, from the present one or from before a version. @throws when NATS is away. */
  async versions(limit: number, before?: number): Promise<PolicyState[]> {
    const found = await this.#read();
    if (found.kind === 'missing') return [];
    if (found.kind === 'unavailable') throw new Error(found.detail);
    // Who made it may have died before keeping it.
    await this.history.keep(found.state);
    return this.history.upTo(Math.min(found.state.version, (before ?? Number.POSITIVE_INFINITY) - 1), limit);
  }

  async #change(make: (state: PolicyState) => Transition, expected?: readonly number[]): Promise<ChangeOutcome> {
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const found = await this.#read();
      if (found.kind !== 'known') return found.kind === 'missing' ? { kind: 'unavailable', detail: NO_POLICY } : found;
      const { state, revision } = found;
      if (expected !== undefined && !expected.includes(state.version)) return { kind: 'stale', version: state.version };
      const made = make(state);
      if (!made.ok) return { kind: made.kind, faults: made.faults };
      await this.history.keep(state);
      if (await this.#isStored(made.state, revision)) {
        await this.history.keep(made.state).catch(this.options.onError);
        return { kind: 'changed', state: made.state };
      }
      await sleep(Math.random() * MAX_PAUSE_MS);
    }
    return { kind: 'unavailable', detail: 'others change the policy all the time' };
  }

  /** Without an answer it may have been stored or not: then what is there tells. */
  async #isStored(state: PolicyState, revision: number): Promise<boolean> {
    try {
      return (await this.#document.write(state, revision)) === 'stored';
    } catch (error) {
      const there = await this.#document.read();
      if (there !== undefined && there.revision !== revision && sameText(there.value, state)) return true;
      throw error;
    }
  }

  async #read(): Promise<Unknown | KnownPolicy> {
    const shared = await this.#document.read();
    return shared === undefined ? { kind: 'missing' } : known(shared);
  }
}

type Unknown = Exclude<StoredPolicy, { kind: 'known' }>;

interface KnownPolicy {
  readonly kind: 'known';
  readonly state: PolicyState;
  readonly revision: number;
}

/** Without what only this file needs to know. */
function stored(found: Unknown | KnownPolicy): StoredPolicy {
  return found.kind === 'known' ? { kind: 'known', state: found.state } : found;
}

function known({ value, revision }: SharedValue): KnownPolicy | { kind: 'unavailable'; detail: string } {
  const reading = readPolicyState(value);
  if (reading.ok) return { kind: 'known', state: reading.value, revision };
  return { kind: 'unavailable', detail: 'the stored policy can not be read: a newer release may have written it' };
}

function unavailable(error: unknown): { readonly kind: 'unavailable'; readonly detail: string } {
  return { kind: 'unavailable', detail: error instanceof Error ? error.message : String(error) };
}

function sameText(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
