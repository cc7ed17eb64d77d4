/**
 * The sending side of the gateway's API, for the command line, tests and benches: pings by WebSocket or HTTP, one frame
 * at a time or as lanes that batch, keep each driver's order and send again what is not known to be in the stream.
 * Promises: each ping handed over gets exactly one final count; everything is bounded (frames in flight, pings queued,
 * tries, waits); what goes wrong on the way is a value, never an exception.
 */
export { AnswerTally, type TallyCounts } from './answer-tally.js';
export type { GatewayReply, PingCarrier } from './gateway-reply.js';
export { GatewaySocket, type GatewaySocketOptions } from './gateway-socket.js';
export { ObedientPhone } from './obedient-phone.js';
export { PingLane, type PingLaneOptions, type SentFrame } from './ping-lane.js';
export { PingLanes } from './ping-lanes.js';
export { type HttpReply, keepAliveAgent, PingPoster, type PingPosterOptions, postPings } from './ping-poster.js';
