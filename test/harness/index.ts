/**
 * What specs start: real NATS and Redis, and whole Hexfleets by their command line. Promises: everything gets a fresh
 * folder and free ports; whatever a spec file leaves running is ended after its last test, and also when Jest itself is
 * killed; and `livingProcesses` finds every process that came of a start, however far down.
 */

export { temporaryFolder } from './cleanup.js';
export {
  answersReady,
  failingStart,
  type HexfleetFlags,
  type ReadyLine,
  RunningHexfleet,
  startHexfleet,
} from './hexfleet.js';
export { type LivingProcess, livingProcesses } from './living-processes.js';
export { startServers, TestServers } from './servers.js';
export { someAtATime } from './some-at-a-time.js';
export { until } from './until.js';
