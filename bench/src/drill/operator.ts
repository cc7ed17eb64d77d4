import type { GatewaySignals } from '@hexfleet/load-shedding';
import type { PolicyChange, PolicyPart, ShedPolicy } from '@hexfleet/shed-policy';
import type { Hexfleet } from '../services/hexfleet.js';

export interface AuditEntry extends PolicyChange {
  readonly version: number;
  readonly changes: readonly unknown[];
}

export interface FleetPressure {
  readonly silenceStretch: number;
  readonly gateways: readonly GatewaySignals[];
}

/** Asks ops for things, and changes the policy. */
export class Operator {
  constructor(private readonly hexfleet: Pick<Hexfleet, 'opsUrl' | 'opsToken'>) {}

  async policy(): Promise<ShedPolicy> {
    return (await this.#ask('/v1/policy')).json() as Promise<ShedPolicy>;
  }

  /** Changes what is named, and returns the new version. */
  async change(part: PolicyPart, reason: string): Promise<number> {
    const policy = merged(await this.policy(), part);
    const response = await this.#ask(`/v1/policy?reason=${encodeURIComponent(reason)}`, 'PUT', policy);
    return Number(JSON.parse(response.headers.get('etag') ?? '"0"'));
  }

  async pressure(): Promise<FleetPressure> {
    return (await this.#ask('/v1/pressure')).json() as Promise<FleetPressure>;
  }

  /** Newest first. */
  async audit(limit: number): Promise<readonly AuditEntry[]> {
    const { entries } = (await (await this.#ask(`/v1/audit?limit=${limit}`)).json()) as { entries: AuditEntry[] };
    return entries;
  }

  async #ask(path: string, method = 'GET', body?: unknown): Promise<Response> {
    const headers = { authorization: `Bearer ${this.hexfleet.opsToken}`, 'content-type': 'application/json' };
    const sent = body === undefined ? {} : { body: JSON.stringify(body) };
    const response = await fetch(`${this.hexfleet.opsUrl}${path}`, { method, headers, ...sent });
    if (!response.ok) throw new Error(`${method} ${path} was answered ${response.status}: ${await response.text()}`);
    return response;
  }
}

function merged(policy: ShedPolicy, part: PolicyPart): ShedPolicy {
  const { weights, maxSilenceMs, hygiene, ...rest } = part;
  return {
    ...policy,
    ...rest,
    weights: { ...policy.weights, ...weights },
    maxSilenceMs: { ...policy.maxSilenceMs, ...maxSilenceMs },
    hygiene: { ...policy.hygiene, ...hygiene },
  };
}
