import { isTimeMs } from '@hexfleet/ping';

/** Most pings in one frame or one request. */
export const MAX_REQUEST_PINGS = 500;

/** Pings that came in together. What each of them holds is judged one by one, later. */
export interface PingRequest {
  readonly sentAtMs: number | undefined;
  readonly pings: readonly unknown[];
}

/** `invalid` says what is wrong with the whole, in words for the client. */
export type PingRequestReading =
  | { readonly request: PingRequest; readonly invalid?: undefined }
  | { readonly invalid: string };

/** Reads the body of a request, or what a frame of pings has in common with one. */
export function readPingRequest(body: unknown): PingRequestReading {
  if (!isRecord(body)) return { invalid: 'expected an object with an array of pings' };
  const { pings } = body;
  const sentAtMs = body.sentAtMs ?? undefined;
  if (sentAtMs !== undefined && !isTimeMs(sentAtMs)) return { invalid: 'sentAtMs must be a whole number of Unix ms' };
  if (!Array.isArray(pings)) return { invalid: 'pings must be an array' };
  if (pings.length < 1 || pings.length > MAX_REQUEST_PINGS) {
    return { invalid: `pings must hold 1 to ${MAX_REQUEST_PINGS} pings` };
  }
  return { request: { sentAtMs, pings } };
}

/** True for objects that are no arrays. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
