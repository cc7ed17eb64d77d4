/**
 * What is in force for a ping, ready for the hot path.
 *
 * The policy is changed by the overrides in force, in this order, the later over the earlier, field by field: those for all
 * pings, then those for the ping's status, then those for its home cell; within each, the older before the newer. So a
 * narrower override is stronger than a wider one, and of two alike the newer is.
 *
 * Overrides that are right one by one may still, together, give a lower status the greater weight. Then the higher one is
 * raised to it: a higher status never fares worse by an override than a lower one in the same place.
 *
 * A home cell's overrides are looked up once, when they change: cells with the same overrides share one set of policies.
 */
import { STATUSES, type Status } from '@hexfleet/ping';
import { overridesInForce } from './in-force.js';
import { merged } from './read-policy.js';
import type { Override, PolicyState, ShedPolicy } from './shed-policy.js';

export interface PolicyInForce {
  readonly policy: ShedPolicy;
  /** The override that decides on mode or level here, if one does. */
  readonly overrideId: string | undefined;
}

type ByStatus = Readonly<Record<Status, PolicyInForce>>;

export class PoliciesInForce {
  #state: PolicyState | undefined;
  #base: PolicyInForce;
  #everywhere: ByStatus;
  readonly #byCell = new Map<string, ByStatus>();
  #nextEndMs = Number.POSITIVE_INFINITY;

  /** fallback: the policy before any is known. expandCell: home cells (layout resolution) of a cell. */
  constructor(
    fallback: ShedPolicy,
    private readonly expandCell: (cell: string) => readonly string[],
  ) {
    this.#base = { policy: fallback, overrideId: undefined };
    this.#everywhere = byStatus(() => this.#base);
  }

  /** Takes another state, of whatever version. */
  use(state: PolicyState, nowMs: number): void {
    this.#state = state;
    this.#compile(state, nowMs);
  }

  /** Looks whether an override has ended; true if something changed. Called a few times a second. */
  refresh(nowMs: number): boolean {
    if (this.#state === undefined || nowMs < this.#nextEndMs) return false;
    this.#compile(this.#state, nowMs);
    return true;
  }

  /** 0 before any state. */
  get version(): number {
    return this.#state?.version ?? 0;
  }

  /** The policy with the overrides for all pings. */
  get base(): PolicyInForce {
    return this.#base;
  }

  /** Whether the home cell matters to `of`. */
  get hasCells(): boolean {
    return this.#byCell.size > 0;
  }

  /** What is in force for a ping: the same object until something changes. */
  of(homeCell: string | undefined, status: Status): PolicyInForce {
    const here = homeCell === undefined ? undefined : this.#byCell.get(homeCell);
    return (here ?? this.#everywhere)[status];
  }

  #compile(state: PolicyState, nowMs: number): void {
    const overrides = overridesInForce(state, nowMs);
    const forAll = overrides.filter(({ scope }) => 'all' in scope);
    const forStatus = overrides.filter(({ scope }) => 'status' in scope);
    const forCells = overrides.filter(({ scope }) => 'cells' in scope);
    const base = changedBy({ policy: state.policy, overrideId: undefined }, forAll);
    const everywhere = byStatus((status) => {
      return changedBy(
        base,
        forStatus.filter(({ scope }) => 'status' in scope && scope.status === status),
      );
    });
    this.#base = base;
    this.#everywhere = withFairWeights(everywhere);
    this.#layOut(forCells, everywhere);
    this.#nextEndMs = Math.min(Number.POSITIVE_INFINITY, ...overrides.map(({ endsAtMs }) => endsAtMs));
  }

  /** Cells of the same overrides get the same policies. */
  #layOut(forCells: readonly Override[], everywhere: ByStatus): void {
    this.#byCell.clear();
    const made = new Map<string, ByStatus>();
    for (const [cell, numbers] of this.#numbersByCell(forCells)) {
      let policies = made.get(numbers);
      if (policies === undefined) {
        const here = numbers.split(',').map((number) => forCells[Number(number)] as Override);
        policies = withFairWeights(byStatus((status) => changedBy(everywhere[status], here)));
        made.set(numbers, policies);
      }
      this.#byCell.set(cell, policies);
    }
  }

  /** Home cell → which overrides are for it, by their numbers. */
  #numbersByCell(forCells: readonly Override[]): Map<string, string> {
    const numbersOf = new Map<string, string>();
    for (const [number, { scope }] of forCells.entries()) {
      const cells = 'cells' in scope ? scope.cells : [];
      for (const cell of new Set(cells.flatMap((one) => this.expandCell(one)))) {
        const known = numbersOf.get(cell);
        numbersOf.set(cell, known === undefined ? `${number}` : `${known},${number}`);
      }
    }
    return numbersOf;
  }
}

function byStatus(make: (status: Status) => PolicyInForce): ByStatus {
  return Object.fromEntries(STATUSES.map((status) => [status, make(status)])) as Record<Status, PolicyInForce>;
}

function changedBy(from: PolicyInForce, overrides: readonly Override[]): PolicyInForce {
  return overrides.reduce(
    ({ policy, overrideId }, { id, policy: part }) => ({
      policy: merged(policy, part),
      overrideId: part.mode === undefined && part.fixedLevel === undefined ? overrideId : id,
    }),
    from,
  );
}

/** Each status's own weight, in all policies of a place, and never less for a higher status. */
function withFairWeights(policies: ByStatus): ByStatus {
  const weights: Partial<Record<Status, number>> = {};
  let least = 0;
  for (const status of [...STATUSES].reverse()) {
    least = Math.max(least, policies[status].policy.weights[status]);
    weights[status] = least;
  }
  const isSame = STATUSES.every((one) =>
    STATUSES.every((status) => policies[one].policy.weights[status] === weights[status]),
  );
  if (isSame) return policies;
  return byStatus((status) => {
    const { policy, overrideId } = policies[status];
    return { policy: { ...policy, weights: weights as Record<Status, number> }, overrideId };
  });
}
