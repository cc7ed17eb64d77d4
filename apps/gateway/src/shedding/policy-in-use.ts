import type { HomeCells } from '@hexfleet/cells';
import type { PolicyOfPing } from '@hexfleet/load-shedding';
import type { HygienePolicy, Status } from '@hexfleet/ping';
import { PoliciesInForce, type PolicyState, type ShedPolicy } from '@hexfleet/shed-policy';

/** The policy that this gateway runs: the last one that it heard of, and its own settings before any. */
export class PolicyInUse {
  readonly #policies: PoliciesInForce;
  #hygiene: HygienePolicy;

  constructor(
    fallback: ShedPolicy,
    expandCell: (cell: string) => readonly string[],
    private readonly cells: HomeCells,
    /** What hygiene allows beside the policy: noise of two fixes, in metres. */
    private readonly slackM: number,
  ) {
    this.#policies = new PoliciesInForce(fallback, expandCell);
    this.#hygiene = this.#hygieneInForce();
  }

  get version(): number {
    return this.#policies.version;
  }

  get hygiene(): HygienePolicy {
    return this.#hygiene;
  }

  /** The policy for all, overrides of parts of the fleet left out. */
  get base(): PolicyOfPing {
    return this.#policies.base;
  }

  of(latDeg: number, lngDeg: number, status: Status): PolicyOfPing {
    const cell = this.#policies.hasCells ? this.cells.cellOf(latDeg, lngDeg) : undefined;
    return this.#policies.of(cell, status);
  }

  use(state: PolicyState, nowMs: number): void {
    this.#policies.use(state, nowMs);
    this.#hygiene = this.#hygieneInForce();
  }

  /** Ends the overrides whose time is over. */
  refresh(nowMs: number): void {
    if (this.#policies.refresh(nowMs)) this.#hygiene = this.#hygieneInForce();
  }

  #hygieneInForce(): HygienePolicy {
    return { ...this.#policies.base.policy.hygiene, slackM: this.slackM };
  }
}
