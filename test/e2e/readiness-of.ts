import { type RunningHexfleet, until } from '../harness/index.js';

interface Check {
  readonly ok: boolean;
  readonly detail?: string;
  readonly degraded?: string;
}

interface Readiness {
  readonly status: number;
  /** What it says of one dependency: nothing when all is well, else in words. */
  readonly says: (dependency: string) => string;
}

export async function readinessOf(url: string): Promise<Readiness> {
  const response = await fetch(`${url}/readyz`);
  const { checks } = (await response.json()) as { checks: Record<string, Check> };
  return {
    status: response.status,
    says: (dependency) => checks[dependency]?.detail ?? checks[dependency]?.degraded ?? '',
  };
}

/** Waits until an app answers with this status and says this of a dependency; gives what it said. */
export function untilItSays(url: string, status: number, dependency: string, words: RegExp): Promise<string> {
  let last = '';
  return until(
    `${dependency} is ${words} at ${url}`,
    async () => {
      const readiness = await readinessOf(url);
      const said = readiness.says(dependency);
      last = `${readiness.status} ${said}`;
      return readiness.status === status && words.test(said) ? said || ' ' : undefined;
    },
    60_000,
  ).catch((error: Error) => {
    throw new Error(`${error.message}; it said: ${last}`);
  });
}

/** Waits until all apps are ready, and none says that anything is at risk. */
export async function untilAllWell({ ready }: RunningHexfleet): Promise<void> {
  for (const url of [ready.gateway, ready.nearby, ...ready.writers]) {
    await until(`all is well at ${url}`, async () => {
      const { status, says } = await readinessOf(url);
      return status === 200 && says('redis') === '' && says('nats') === '';
    });
  }
}

/** What an app has logged with this message, from some place of the log on. */
export function loggedSince(hexfleet: RunningHexfleet, from: number, app: string, message: string): object[] {
  return hexfleet.log
    .slice(from)
    .split('\n')
    .flatMap((line) => {
      try {
        return [JSON.parse(line)];
      } catch {
        return [];
      }
    })
    .filter((line) => line.app === app && line.msg === message);
}
