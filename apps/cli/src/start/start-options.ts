/** What `hexfleet start` was asked for, checked. */
export interface StartOptions {
  readonly gatewayPort: number;
  readonly nearbyPort: number;
  readonly opsPort: number;
  /** Location writers. */
  readonly workers: number;
  /** False for none of the simulated fleet. */
  readonly demo: boolean;
  readonly maxSpeedMps?: number;
  /** Pings a second that each writer takes, for drills. */
  readonly writerLimit?: number;
  /** How long a position is shown after its driver's last ping, in ms. */
  readonly ttl?: number;
  /** Servers that run elsewhere, in place of our own. */
  readonly nats?: string;
  readonly redis?: readonly string[];
  readonly dataDir: string;
  readonly json?: boolean;
}
