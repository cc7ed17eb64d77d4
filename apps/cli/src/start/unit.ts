/** One process that Hexfleet consists of, as it runs now. */
export interface RunningUnit {
  readonly pid: number;
  /** Where it is reached; a database's holds its password. Undefined for one that nobody calls. */
  readonly url: string | undefined;
  /** Resolves when the process is gone, to how it went: "exit status 1", "signal SIGKILL". */
  readonly ended: Promise<string>;
  /** Ends it in order, within a bound; false when it had to be killed. */
  stop(): Promise<boolean>;
}

/** How one kind of process is started. */
export interface UnitRecipe {
  readonly label: string;
  /**
   * Resolves once the process is up; on `port` where one is given, which is how a restarted one is found by those who
   * knew it. @throws Error that says why it can't come up; then nothing of it is left.
   */
  start(port: number | undefined, signal: AbortSignal): Promise<RunningUnit>;
}

export function portOf(unit: RunningUnit): number | undefined {
  return unit.url === undefined ? undefined : Number(new URL(unit.url).port);
}

/** "exit status 1" or "signal SIGKILL". */
export function describeEnd(status: number | null, signal: NodeJS.Signals | null): string {
  return signal === null ? `exit status ${status}` : `signal ${signal}`;
}
