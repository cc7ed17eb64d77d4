import type { ControlBus, SharedValue, Subscription } from '@hexfleet/ping-bus';
import { type PolicyState, readPolicyState } from '@hexfleet/shed-policy';
import { POLICY_BUCKET } from './buckets.js';

export interface PolicyFeedOptions {
  /** Time to live of positions: silences that it has no room for are cut to what fits. */
  readonly ttlMs: number;
  /** Told of the state that is there, and of each that follows. */
  readonly onChange?: (state: PolicyState) => void;
  /** Told when the policy is gone from NATS, though it was there; the last known one goes on. */
  readonly onLost?: (last: PolicyState) => void;
  /** Told of a stored policy that can't be read, and of trouble with NATS. */
  readonly onError: (error: unknown) => void;
  readonly nowMs?: () => number;
}

/** Past this without an answer, what is known may be old: a look takes place every second. */
const FRESH_FOR_MS = 5_000;

/** Follows the policy. What was known last is kept while NATS is away, and when what is there can't be read. */
export class PolicyFeed {
  #state: PolicyState | undefined;
  #lastHeardMs = 0;
  #isHeard = false;
  #unreadable: string | undefined;
  readonly #watch: Subscription;
  readonly #nowMs: () => number;

  constructor(
    bus: ControlBus,
    private readonly options: PolicyFeedOptions,
  ) {
    this.#nowMs = options.nowMs ?? Date.now;
    this.#watch = bus.document(POLICY_BUCKET).watch({
      onValue: (shared) => this.#take(shared),
      onHeard: (isHeard) => this.#hear(isHeard),
    });
  }

  /** The last one known; undefined before any. */
  get state(): PolicyState | undefined {
    return this.#state;
  }

  /** When NATS last said what the policy is; 0 before it has. */
  get lastHeardMs(): number {
    return this.#lastHeardMs;
  }

  /** Whether `state` is what operators set last, but for a moment. */
  get isFresh(): boolean {
    return this.#doubt() === undefined;
  }

  /** For readiness. @throws Error that says why `state` may not be what operators set last. */
  check(): void {
    const doubt = this.#doubt();
    if (doubt !== undefined) throw new Error(doubt);
  }

  close(): void {
    this.#watch.close();
  }

  #doubt(): string | undefined {
    const running = this.#state === undefined ? 'running on the settings' : `running on version ${this.#state.version}`;
    if (this.#lastHeardMs === 0) return `the policy was never heard of: ${running}`;
    if (!this.#isHeard || this.#nowMs() - this.#lastHeardMs > FRESH_FOR_MS)
      return `the policy is not heard of: ${running}`;
    if (this.#unreadable !== undefined) return `${this.#unreadable}: ${running}`;
    return this.#state === undefined ? `there is no policy yet: ${running}` : undefined;
  }

  #hear(isHeard: boolean): void {
    this.#isHeard = isHeard;
    if (isHeard) this.#lastHeardMs = this.#nowMs();
  }

  #take(shared: SharedValue | undefined): void {
    if (shared === undefined) {
      if (this.#state !== undefined) this.options.onLost?.(this.#state);
      return;
    }
    const reading = readPolicyState(shared.value, this.options);
    if (!reading.ok) {
      const faults = reading.faults.map(({ path, problem }) => `${path} ${problem}`.trim());
      this.#unreadable = 'the stored policy can not be read here';
      this.options.onError(new Error(`${this.#unreadable}: ${faults.join('; ')}`));
      return;
    }
    this.#unreadable = undefined;
    this.#state = reading.value;
    this.options.onChange?.(reading.value);
  }
}
