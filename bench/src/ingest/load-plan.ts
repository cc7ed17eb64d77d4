/** What a load sends, and how. */
export interface LoadPlan {
  readonly carrier: 'websocket, protobuf' | 'websocket, JSON' | 'http' | 'naive http' | 'naive http batch';
  readonly url: string;
  readonly token: string;
  /** Sockets, or HTTP connections kept open. */
  readonly connections: number;
  /** In a frame, or a request. */
  readonly pingsAtOnce: number;
  readonly pingsPerSecond: number;
  /** Each pings in its turn. */
  readonly drivers: number;
}

/** What the service said of the pings that a load sent. */
export interface LoadTally {
  readonly sent: number;
  readonly accepted: number;
  readonly coalesced: number;
  /** Refused, shed, unavailable, or without an answer. */
  readonly other: number;
  /** From the end of sending to the last answer. */
  readonly lateMs: number;
}

/** To the load's process: send by this plan for so long. It answers with its tally when every answer is there. */
export interface LoadOrder {
  readonly seconds: number;
}
