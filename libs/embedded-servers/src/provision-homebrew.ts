import type { ProvisionRoute } from './provision-route.js';
import { runProgram } from './run-program.js';
import { findProgram } from './server-binaries.js';

export const HOMEBREW_FORMULAE = { nats: 'nats-server', redis: 'redis' } as const;

/** Homebrew on macOS and Linux; it starts no service by itself. */
export function homebrewRoute(folders: readonly string[]): ProvisionRoute {
  const brew = findProgram('brew', folders);
  return {
    offer: (missing) => `install ${missing.map((name) => HOMEBREW_FORMULAE[name]).join(' and ')} with Homebrew`,
    applies: async () => brew !== undefined,
    provide: async (missing) => {
      const { status, output } = await runProgram(brew ?? 'brew', [
        'install',
        ...missing.map((name) => HOMEBREW_FORMULAE[name]),
      ]);
      return status === 0 ? undefined : output.trim().slice(-2_000);
    },
  };
}
