import { DRIVER_ID_PATTERN, isStatus, isTimeMs, type Status, VEHICLE_CLASS_PATTERN } from '@hexfleet/ping';

/** Who may ask for what. `ops` may do all that a `viewer` may. */
export const ROLES = ['driver', 'fleet', 'rider', 'viewer', 'ops'] as const;
export type Role = (typeof ROLES)[number];

/** What a token says of its bearer, checked. */
export interface Claims {
  /** `sub`; of a driver, the driver id. */
  readonly subject: string;
  readonly role: Role;
  /** The highest status a driver may give itself; none stated: any. */
  readonly maxStatus?: Status;
  /** A driver's vehicle class, where the token settles it. */
  readonly vehicleClass?: string;
  /** `driver` of a rider's trip token: the one driver whose position it may see. */
  readonly driverId?: string;
  readonly expiresAtMs: number;
}

/** Subjects that are no drivers: printable ASCII, so that they can stand in logs and audits as they are. */
const SUBJECT_PATTERN = /^[\x21-\x7e]{1,128}$/;

/** True when a bearer of `role` may do what `allowed` may. */
export function roleAllowed(role: Role, allowed: readonly Role[]): boolean {
  return allowed.includes(role) || (role === 'ops' && allowed.includes('viewer'));
}

/** The claims of a verified payload, or `undefined` when one is missing or not what it must be: then nothing is granted. */
export function claimsOf(payload: Readonly<Record<string, unknown>>): Claims | undefined {
  const { sub, role, exp, maxStatus, vehicleClass, driver } = payload;
  // RFC 7519 allows fractions of a second.
  const expiresAtMs = typeof exp === 'number' ? Math.floor(exp * 1_000) : Number.NaN;
  if (!isTimeMs(expiresAtMs) || !isRole(role)) return undefined;
  if (!matches(sub, role === 'driver' ? DRIVER_ID_PATTERN : SUBJECT_PATTERN)) return undefined;
  if (maxStatus !== undefined && !isStatus(maxStatus)) return undefined;
  if (vehicleClass !== undefined && !matches(vehicleClass, VEHICLE_CLASS_PATTERN)) return undefined;
  if (driver !== undefined && !matches(driver, DRIVER_ID_PATTERN)) return undefined;
  return Object.freeze({
    subject: sub,
    role,
    ...(maxStatus !== undefined && { maxStatus }),
    ...(vehicleClass !== undefined && { vehicleClass }),
    ...(driver !== undefined && { driverId: driver }),
    expiresAtMs,
  });
}

function isRole(value: unknown): value is Role {
  return (ROLES as readonly unknown[]).includes(value);
}

function matches(value: unknown, pattern: RegExp): value is string {
  return typeof value === 'string' && pattern.test(value);
}
