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

/** Resolves when the signal is aborted, at once when it is. */
export function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
