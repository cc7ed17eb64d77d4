/**
 * A fleet of believable cars that ping: they keep to streets, speed limits and traffic lights, take riders from hot
 * spots to where they want to go, are replaced when their shift ends, and report it all through phones whose positions
 * and clocks are off as real ones are. Promises: the same seed and settings give the same pings, whatever steps they
 * are asked for in; memory is constant a driver; no ping leaves the circle it is set in; and every one passes the
 * gateway's hygiene once the phone's clock is corrected. Pure: time comes in as an argument.
 */
export type { SimulatedPing, SimulatedReading } from './car.js';
export { FleetSimulation, type FleetSimulationOptions } from './fleet-simulation.js';
export { Random } from './random.js';
