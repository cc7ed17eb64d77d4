import type { Claims } from '@hexfleet/access';
import { DEFAULT_VEHICLE_CLASS, type PingSender, STATUSES } from '@hexfleet/ping';
import { Problem } from '@hexfleet/web-edge';

/** Whose pings a client may send, and by whose clock they are timed: a driver's phone, or a fleet's server. */
export interface Sender extends PingSender {
  /** Names the clock. A fleet's can't be taken for a driver's: no driver id has a space. */
  readonly clock: string;
}

/** The sender that the bearer of a token of role `driver` or `fleet` is. */
export function senderOf({ role, subject, vehicleClass, maxStatus }: Claims): Sender {
  const isDriver = role === 'driver';
  return {
    driverId: isDriver ? subject : undefined,
    vehicleClass: vehicleClass ?? DEFAULT_VEHICLE_CLASS,
    // A fleet has vehicles of several classes: its token names the usual one.
    isClassSettled: isDriver && vehicleClass !== undefined,
    maxStatus: maxStatus ?? STATUSES[0],
    clock: isDriver ? subject : `fleet ${subject}`,
  };
}

/** True when a driver's request holds a ping that says it is another driver's: the whole request is forbidden then. */
export function namesAnotherDriver(pings: readonly unknown[], { driverId: own }: Sender): boolean {
  if (own === undefined) return false;
  for (const ping of pings) {
    const named: unknown = (ping as { readonly driverId?: unknown } | null)?.driverId ?? own;
    if (named !== own) return true;
  }
  return false;
}

export function anotherDriver(): Problem {
  return new Problem('forbidden', "a driver's token is for that driver's pings only");
}
