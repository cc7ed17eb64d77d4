/**
 * Starts this machine's own nats-server and redis-server, for `hexfleet start` and for tests. Promises: a started server
 * answers (NATS with JetStream, Redis with its data loaded) before the call returns; it listens on 127.0.0.1 only, asks
 * for its password, and keeps its data in the folder it was given, so that a start on the same folder goes on from
 * there; secrets are in files of mode 0600 and never on a command line; it does not hear the terminal's Ctrl-C, so that
 * its starter decides the order of stopping; and it ends when its starter dies, even by kill −9.
 */
export { findFreePort } from './free-port.js';
export { startNats } from './nats-server.js';
export { guardAgainstOrphaning } from './orphan-guard.js';
export { NoServers, type ProvisionOptions, provideServerBinaries } from './provision.js';
export { startRedis } from './redis-server.js';
export { findServerBinaries, isStandIn, type ServerBinaries } from './server-binaries.js';
export type { RunningServer } from './server-process.js';
