import type { ServerBinaries } from './server-binaries.js';

export type ServerName = keyof ServerBinaries;

/** One way of bringing a missing server to this machine. */
export interface ProvisionRoute {
  /** What is about to be done, as the rest of "Hexfleet needs …; shall it …?" */
  readonly offer: (missing: readonly ServerName[]) => string;
  readonly applies: () => Promise<boolean>;
  /** Does it. What comes of it is seen by looking for the programs again; the text tells what went wrong, if anything. */
  readonly provide: (missing: readonly ServerName[]) => Promise<string | undefined>;
}
