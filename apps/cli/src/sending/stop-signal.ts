/**
 * Aborts at the first Ctrl-C, SIGTERM, or when the process that started us over IPC is gone. A second Ctrl-C ends the
 * process at once: then nobody wants to wait for a summary.
 */
export function stopSignal(): AbortSignal {
  const stop = new AbortController();
  const ask = (): void => {
    if (stop.signal.aborted) process.exit(1);
    stop.abort();
  };
  process.on('SIGINT', ask);
  process.on('SIGTERM', ask);
  if (process.connected) process.once('disconnect', () => stop.abort());
  return stop.signal;
}

/** What is on its way when we are told to stop gets so long to come to its end. */
const PATIENCE_MS = 3_000;

/** Calls `cut` once the signal is aborted and the patience with what is still on its way is over. */
export function cutAfterStop(signal: AbortSignal, cut: () => Promise<unknown>): void {
  const wait = () => setTimeout(() => void cut(), PATIENCE_MS).unref();
  signal.addEventListener('abort', wait, { once: true });
}
