import { ancestor, isStillRunning } from './process-identity.js';

const LOOK_INTERVAL_MS = 500;
/** One Ctrl-C may come twice, from the terminal and passed on by npm; a person's second one comes later. */
const SAME_REQUEST_MS = 1_500;

/**
 * Resolves, once, when this process is asked to stop: by SIGTERM, by Ctrl-C, by the end of its terminal; or because the
 * npm that it runs under was killed, which npm itself could not tell us. A second signal calls `onImpatience`.
 */
export function stopRequest(onImpatience: () => void): Promise<string> {
  return new Promise((resolve) => {
    let askedAtMs: number | undefined;
    const ask = (why: string) => {
      askedAtMs ??= Date.now();
      if (Date.now() - askedAtMs > SAME_REQUEST_MS) onImpatience();
      resolve(why);
    };
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => ask(signal));
    if (process.env.npm_execpath === undefined) return;
    const npm = ancestor((command) => /^npm( |$)|npm-cli\.js|npx-cli\.js/.test(command));
    if (npm === undefined) return;
    const look = setInterval(() => {
      if (isStillRunning(npm)) return;
      clearInterval(look);
      if (askedAtMs === undefined) ask('the npm that started it is gone');
    }, LOOK_INTERVAL_MS);
    look.unref();
  });
}
