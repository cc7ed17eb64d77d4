/** Asks one dependency whether it answers; rejects, or throws, with the reason when it doesn't. */
export type Check = () => Promise<unknown> | unknown;

export type CheckResult = { readonly ok: true } | { readonly ok: false; readonly detail: string };

export interface ReadinessReport {
  readonly ready: boolean;
  readonly checks: Readonly<Record<string, CheckResult>>;
}

const MAX_DETAIL_CHARACTERS = 200;

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
    await check();
    return { ok: true };
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    return { ok: false, detail: detail.slice(0, MAX_DETAIL_CHARACTERS) };
  }
}
