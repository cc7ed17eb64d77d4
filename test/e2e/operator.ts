import type { RunningHexfleet } from '../harness/index.js';
import { until } from '../harness/index.js';
import { metricsOf, sumOf } from './fleet-view.js';

/** What an operator sees and does through the operators' API of a running Hexfleet. */
export class Operator {
  constructor(private readonly hexfleet: RunningHexfleet) {}

  get(path: string, token = this.hexfleet.ready.tokens.viewer): Promise<Response> {
    return this.#send('GET', path, token);
  }

  /** Changes a part of the policy, and waits until the gateway runs it. Gives the version. */
  async changePolicy(part: object): Promise<number> {
    const policy = (await (await this.get('/v1/policy')).json()) as object;
    const put = await this.#send('PUT', '/v1/policy', this.hexfleet.ready.tokens.ops, { ...policy, ...part });
    return this.#inForce(put);
  }

  /** Adds an override, and waits until the gateway runs it. */
  async override(scope: object, policy: object, endsAtMs: number): Promise<void> {
    const body = { scope, policy, endsAtMs, reason: 'a test' };
    await this.#inForce(await this.#send('POST', '/v1/overrides', this.hexfleet.ready.tokens.ops, body));
  }

  /** How long the partition that is farthest behind is behind; undefined while none tells. */
  async lagSeconds(): Promise<number | undefined> {
    const response = await this.get('/v1/pressure');
    if (!response.ok) return undefined;
    const { partitions } = (await response.json()) as { partitions: { lagSeconds: number }[] };
    return Math.max(...partitions.map(({ lagSeconds }) => lagSeconds));
  }

  async runningVersion(): Promise<number> {
    return sumOf(await metricsOf(this.hexfleet.ready.gateway), 'hexfleet_policy_version');
  }

  async #inForce(response: Response): Promise<number> {
    if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
    const version = Number(response.headers.get('policy-version'));
    await until(`version ${version} is in force`, async () => (await this.runningVersion()) >= version);
    return version;
  }

  #send(method: string, path: string, token: string, body?: object): Promise<Response> {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const sent = body === undefined ? {} : { body: JSON.stringify(body) };
    return fetch(this.hexfleet.ready.ops + path, { method, headers, ...sent });
  }
}
