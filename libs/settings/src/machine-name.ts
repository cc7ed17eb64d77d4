import { hostname } from 'node:os';

/** This machine's name, as far as an app's name may carry it. */
export function machineName(): string {
  return hostname()
    .replace(/[^A-Za-z0-9_.-]/g, '-')
    .slice(0, 40);
}
