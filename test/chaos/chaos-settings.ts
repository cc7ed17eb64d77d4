/** How a run is told what to do: the short form, inside `npm test`, is told nothing. */
export interface ChaosSettings {
  readonly seed: number;
  readonly writers: number;
  /** No fault begins later than this after the first; each of the short form's is of another kind. */
  readonly faultsForMs: number;
  readonly isLong: boolean;
  readonly ttlMs: number;
  /** How long a writer is stopped before it comes back. */
  readonly stallMs: number;
  readonly simulatedDrivers: number;
  /** A folder to put everything into; kept after a violation. One is made where none is given. */
  readonly folder: string | undefined;
  /** A file whose appearance asks the run to come to its end. */
  readonly stopFile: string | undefined;
}

const SHORT_FAULTS_MS = 30_000;

/** @param env HEXFLEET_CHAOS, written by `bin/chaos-run.mjs`, is JSON: minutes, seed, writers, folder, stopFile. */
export function chaosSettings(env: NodeJS.ProcessEnv): ChaosSettings {
  const told = JSON.parse(env.HEXFLEET_CHAOS ?? '{}') as Partial<ChaosSettings> & { minutes?: number };
  const isLong = told.minutes !== undefined;
  return {
    // What CI runs is the same each time, as far as real processes allow.
    seed: told.seed ?? (isLong ? Math.floor(Math.random() * 1_000_000) : 1),
    writers: told.writers ?? 3,
    faultsForMs: told.minutes === undefined ? SHORT_FAULTS_MS : told.minutes * 60_000,
    isLong,
    ttlMs: 12_000,
    stallMs: isLong ? 15_000 : 5_000,
    simulatedDrivers: isLong ? 150 : 90,
    folder: told.folder,
    stopFile: told.stopFile,
  };
}
