import type { PolicyStore } from '@hexfleet/policy-store';
import type { Fault, PolicyState, Transition } from '@hexfleet/shed-policy';
import { type Logger, METRIC, type Metrics } from '@hexfleet/telemetry';
import { Problem } from '@hexfleet/web-edge';
import type { OpsSettings } from '../settings.js';
import { versionsMatching } from './if-match.js';

/** What all routes of the policy have in common: the state as it is, changes of it, and their failures as problems. */
export class PolicyDesk {
  readonly #count: (action: string) => void;

  constructor(
    readonly store: PolicyStore,
    readonly settings: OpsSettings,
    private readonly logger: Logger,
    metrics: Metrics,
  ) {
    const changes = metrics.counter(METRIC.policyChanges);
    this.#count = (action) => changes.inc({ action });
  }

  /** The state as it is stored now. @throws Problem unavailable */
  async current(): Promise<PolicyState> {
    const found = await this.store.current();
    if (found.kind === 'known') return found.state;
    throw new Problem('unavailable', found.kind === 'missing' ? 'there is no policy yet' : found.detail);
  }

  /** Up to `limit` versions, newest first. @throws Problem unavailable */
  async versions(limit: number, before?: number): Promise<PolicyState[]> {
    try {
      return await this.store.versions(limit, before);
    } catch (error) {
      throw new Problem('unavailable', 'NATS is away, and the history is there', { cause: error });
    }
  }

  /** The state that a change made. @throws Problem precondition_failed, invalid_policy, not_found, unavailable */
  async change(make: (state: PolicyState) => Transition, ifMatch: string | undefined): Promise<PolicyState> {
    const outcome = await this.store.change(make, versionsMatching(ifMatch));
    switch (outcome.kind) {
      case 'changed': {
        const { version, change } = outcome.state;
        this.logger.info({ version, ...change }, 'the policy was changed');
        this.#count(change.action);
        return outcome.state;
      }
      case 'stale':
        throw new Problem('precondition_failed', `the policy is at version ${outcome.version} now`);
      case 'invalid':
        throw faulty(outcome.faults);
      case 'not_found':
        throw new Problem('not_found', outcome.faults.map(({ path, problem }) => `${path} ${problem}`).join('; '));
      case 'unavailable':
        throw new Problem('unavailable', outcome.detail);
    }
  }
}

export function faulty(faults: readonly Fault[]): Problem {
  const told = faults.map(({ path, problem }) => (path === '' ? problem : `${path} ${problem}`));
  return new Problem('invalid_policy', told.join('; '), { faults });
}
