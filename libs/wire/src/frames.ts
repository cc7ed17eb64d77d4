import type { Outcome, RejectCode, ShedCode } from '@hexfleet/ping';

/** A ping as apps send it, in JSON's names. Only the first three fields are required. */
export interface WirePing {
  readonly lat: number;
  readonly lng: number;
  readonly capturedAtMs: number;
  readonly seq?: number | undefined;
  readonly headingDeg?: number | undefined;
  readonly speedMps?: number | undefined;
  readonly accuracyM?: number | undefined;
  readonly status?: string | undefined;
  readonly vehicleClass?: string | undefined;
  /** With fleet tokens only: whose ping this is. */
  readonly driverId?: string | undefined;
}

/** From an app: pings, or a token that renews the one that the socket was opened with; never both. */
export type ClientFrame =
  | {
      readonly frameSeq?: number | undefined;
      readonly sentAtMs?: number | undefined;
      readonly pings: readonly WirePing[];
    }
  | { readonly frameSeq?: number | undefined; readonly auth: string };

/** What became of one ping that was not accepted. */
export interface PingResult {
  /** Its place among the pings of its frame or request, from 0. */
  readonly index: number;
  readonly outcome: Exclude<Outcome, 'accepted'>;
  /** Why, of a ping that was shed or rejected. */
  readonly code?: RejectCode | ShedCode;
}

/** When to ping next, and how far to move before that. */
export interface NextPing {
  readonly afterMs: number;
  readonly minMoveM: number;
}

/** The body of a `202`, and the answer to a frame of pings. The five counts add up to the number of pings. */
export interface PingAnswer extends Readonly<Record<Outcome, number>> {
  readonly results: readonly PingResult[];
  readonly next: NextPing;
}

/** Why a frame as a whole was not taken, in the words of the HTTP problems. */
export interface FrameError {
  readonly code: string;
  readonly title: string;
  readonly status: number;
  readonly detail?: string | undefined;
}

/** From the server: an answer to pings, to a token, an error in their place, or word that it is about to stop. */
export type ServerFrame =
  | ({ readonly frameSeq?: number | undefined } & PingAnswer)
  | { readonly frameSeq?: number | undefined; readonly authExpiresAtMs: number }
  | { readonly frameSeq?: number | undefined; readonly error: FrameError }
  | { readonly goingAway: { readonly reconnectAfterMs: number } };
