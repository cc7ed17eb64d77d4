import type { Status } from '@hexfleet/ping';
import type { Random } from './random.js';

/** What a phone reports, with the names of the gateway's API. */
export interface SimulatedReading {
  readonly driverId: string;
  readonly lat: number;
  readonly lng: number;
  /** By the phone's own clock. */
  readonly capturedAtMs: number;
  readonly seq: number;
  readonly headingDeg: number;
  readonly speedMps: number;
  readonly accuracyM: number;
  readonly status: Status;
  readonly vehicleClass: string;
}

/** A ping on its way: what the phone says, and what it doesn't know. */
export interface SimulatedPing {
  readonly ping: SimulatedReading;
  /** When it is sent, by the true clock. */
  readonly atMs: number;
  /** By how much the phone's clock is ahead: its `sentAtMs` is the true time of sending plus this. */
  readonly clockAheadMs: number;
}

/** Where on the grid a car is and how it moves; changed by driving only. */
export interface Motion {
  /** The crossing ahead, or in a turn the crossing it turns at. */
  x: number;
  y: number;
  /** 0 north, 1 east, 2 south, 3 west of the grid. */
  direction: number;
  /** Metres to the middle of the crossing ahead. */
  toCrossingM: number;
  /** What it will do at the crossing ahead: −1 left, 0 straight on, 1 right. */
  turn: number;
  /** Metres driven along the arc of a turn; −1 on a straight. */
  arcM: number;
  speedMps: number;
  /** Where it is going: it stops on the block before this crossing. */
  goalX: number;
  goalY: number;
  /** True once it stands at its goal. */
  arrived: boolean;
  /** The driver's share of the speed limit. */
  hurry: number;
}

/** What the driver of a car is doing; changed by the driver's day only. */
export interface Day {
  status: Status;
  /** It stands at the kerb until then. */
  waitUntilMs: number;
  /** The next change of status that a time decides: end of a break, or a rider's order. */
  nextOrderMs: number;
  shiftEndsMs: number;
  /** Until when nobody drives this car; 0 while somebody does. */
  offUntilMs: number;
}

/** The phone in a car: how far off its positions and its clock are. */
export interface Phone {
  readonly clockAheadMs: number;
  /** Standard deviation of the noise on each axis, at the best of times. */
  readonly sigmaM: number;
  /** The present error, in standard deviations. */
  noiseEast: number;
  noiseNorth: number;
  /** How many times worse than at the best of times: among tall buildings more than 1. */
  blur: number;
}

/** One seat of the fleet: the car, and whoever drives it now. */
export interface Car extends Motion, Day {
  readonly random: Random;
  driverId: string;
  vehicleClass: string;
  phone: Phone;
  /** How many drivers have had this seat. */
  driversSoFar: number;
  /** Its motion is worked out until then. */
  atMs: number;
}
