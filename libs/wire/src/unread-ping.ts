import type { Status } from '@hexfleet/ping';

/** What can be read off a binary ping in passing: its fields lie side by side, and none is made into more than a number. */
export interface PeekedPing {
  readonly driverId: string | undefined;
  readonly latDeg: number;
  readonly lngDeg: number;
  readonly capturedAtMs: number;
  readonly status: Status;
}

/** Whether a ping is worth decoding. */
export type UnreadGate = (peeked: PeekedPing) => boolean;

/** Stands among a frame's pings for one that was not decoded. */
export class UnreadPing {
  constructor(readonly status: Status) {}
}
