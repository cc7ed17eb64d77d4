/** Works, and something is at risk. */
export interface Degraded {
  readonly degraded: string;
}

/**
 * Asks one dependency whether it answers; rejects, or throws, with the reason when it doesn't. An error whose `isFinal` is true
 * won't pass by waiting.
 */
// biome-ignore lint/suspicious/noConfusingVoidType: most checks return nothing.
export type Check = () => Promise<Degraded | undefined | void> | Degraded | undefined | void;

export type CheckResult =
  | { readonly ok: true; readonly degraded?: string }
  /** `final`: somebody must change something first. */
  | { readonly ok: false; readonly detail: string; readonly final?: true };

export interface ReadinessReport {
  readonly ready: boolean;
  readonly checks: Readonly<Record<string, CheckResult>>;
}

const MAX_DETAIL_CHARACTERS = 500;

/**
 * Whether an app's dependencies answer, asked anew at each call. Each check has a bound in time. One that hangs past it is
 * not started a second time while it hangs, so that asking often costs nothing more.
 */
export class Readiness {
  readonly #running = new Map<string, Promise<CheckResult>>();

  constructor(
    private readonly checks: Readonly<Record<string, Check>>,
    private readonly timeoutMs: number,
  ) {}

  async report(): Promise<ReadinessReport> {
    const names = Object.keys(this.checks);
    const results = await Promise.all(names.map((name) => this.#bounded(name)));
    return {
      ready: results.every((result) => result.ok),
      checks: Object.fromEntries(names.map((name, i) => [name, results[i] as CheckResult])),
    };
  }

  async #bounded(name: string): Promise<CheckResult> {
    let running = this.#running.get(name);
    if (running === undefined) {
      running = run(this.checks[name] as Check).finally(() => this.#running.delete(name));
      this.#running.set(name, running);
    }
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<CheckResult>((resolve) => {
      timer = setTimeout(() => resolve({ ok: false, detail: `no answer in ${this.timeoutMs} ms` }), this.timeoutMs);
    });
    return Promise.race([running, timeout]).finally(() => clearTimeout(timer));
  }
}

async function run(check: Check): Promise<CheckResult> {
  try {
    const degraded = (await check())?.degraded;
    return { ok: true, ...(degraded !== undefined && { degraded: degraded.slice(0, MAX_DETAIL_CHARACTERS) }) };
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    const isFinal = error instanceof Error && (error as { isFinal?: unknown }).isFinal === true;
    return { ok: false, detail: detail.slice(0, MAX_DETAIL_CHARACTERS), ...(isFinal && { final: true }) };
  }
}
