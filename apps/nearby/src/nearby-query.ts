/**
 * What may be asked of `GET /v1/drivers/nearby`, read from the query string by hand: the route is hot. Every fault is
 * listed, unknown parameters are ignored, and an empty one counts as not given.
 */
import type { Role } from '@hexfleet/access';
import type { LatLng } from '@hexfleet/geodesy';
import { isStatus, STATUSES, type Status, VEHICLE_CLASS_PATTERN } from '@hexfleet/ping';

export interface NearbyQuery {
  readonly center: LatLng;
  readonly limit: number;
  readonly radiusM: number;
  readonly vehicleClass: string | undefined;
  readonly statuses: ReadonlySet<Status>;
  /** Positions carried forward to the time of the answer, not the last fixes. */
  readonly carry?: boolean;
}

export type ParsedNearbyQuery =
  | { readonly ok: true; readonly query: NearbyQuery }
  | { readonly ok: false; readonly faults: readonly string[] };

/** Where pings are taken, and Redis keeps positions. */
const MAX_LAT_DEG = 85.05;
const DEFAULT_LIMIT = 10;
const DEFAULT_RADIUS_M = 5_000;
const NUMBER = /^[+-]?(\d{1,20}(\.\d{0,20})?|\.\d{1,20})(e[+-]?\d{1,3})?$/i;

const AVAILABLE: ReadonlySet<Status> = new Set(['available']);
const ALL: ReadonlySet<Status> = new Set(STATUSES);

/** @param parameters - the query string: texts, or lists of them where a name was given more than once. */
export function parseNearbyQuery(parameters: Readonly<Record<string, unknown>>, role: Role): ParsedNearbyQuery {
  const faults: string[] = [];
  const latDeg = numberOf(parameters, 'lat', -MAX_LAT_DEG, MAX_LAT_DEG, undefined, faults);
  const lngDeg = numberOf(parameters, 'lng', -180, 180, undefined, faults);
  const limit = numberOf(parameters, 'limit', 1, 100, DEFAULT_LIMIT, faults);
  const radiusM = numberOf(parameters, 'radiusM', 1, 50_000, DEFAULT_RADIUS_M, faults);
  if (!Number.isInteger(limit) && !Number.isNaN(limit)) faults.push('limit must be a whole number');
  const vehicleClass = textOf(parameters, 'vehicleClass', faults);
  if (vehicleClass !== undefined && !VEHICLE_CLASS_PATTERN.test(vehicleClass)) {
    faults.push('vehicleClass must be 1 to 16 of a-z, 0-9, _ and -');
  }
  const statuses = statusesOf(parameters, role, faults);
  const carry = booleanOf(parameters, 'carry', faults);
  if (faults.length > 0) return { ok: false, faults };
  return { ok: true, query: { center: { latDeg, lngDeg }, limit, radiusM, vehicleClass, statuses, carry } };
}

function textOf(parameters: Readonly<Record<string, unknown>>, name: string, faults: string[]): string | undefined {
  const value = parameters[name];
  if (value === undefined || value === '') return undefined;
  if (typeof value === 'string') return value;
  faults.push(`${name} must be given once`);
  return undefined;
}

/** False where it isn't given. */
function booleanOf(parameters: Readonly<Record<string, unknown>>, name: string, faults: string[]): boolean {
  const text = textOf(parameters, name, faults);
  if (text !== undefined && text !== 'true' && text !== 'false') faults.push(`${name} must be true or false`);
  return text === 'true';
}

/** NaN when it is at fault. */
function numberOf(
  parameters: Readonly<Record<string, unknown>>,
  name: string,
  min: number,
  max: number,
  byDefault: number | undefined,
  faults: string[],
): number {
  const faultsBefore = faults.length;
  const text = textOf(parameters, name, faults);
  if (faults.length > faultsBefore) return Number.NaN;
  if (text === undefined && byDefault !== undefined) return byDefault;
  const value = text !== undefined && NUMBER.test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return value;
  faults.push(`${name} must be a number from ${min} to ${max}${text === undefined ? ', and is missing' : ''}`);
  return Number.NaN;
}

/** Riders see who is available; fleets and operators everyone, or those whose statuses they name, comma between them. */
function statusesOf(parameters: Readonly<Record<string, unknown>>, role: Role, faults: string[]): ReadonlySet<Status> {
  const isRider = role === 'rider';
  const text = textOf(parameters, 'status', faults);
  if (text === undefined) return isRider ? AVAILABLE : ALL;
  const statuses = text.split(',');
  if (!statuses.every(isStatus))
    faults.push(`status must be one or more of ${STATUSES.join(', ')}, comma between them`);
  else if (!isRider) return new Set(statuses);
  else if (statuses.some((status) => status !== 'available')) faults.push('status: riders see available drivers only');
  return AVAILABLE;
}
