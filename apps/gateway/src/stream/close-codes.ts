/** Why a socket is closed: RFC 6455 §7.4.1 and, from 4000 on, our own. 1009, a message too large, is sent by ws itself. */
export const CLOSE = {
  /** The gateway stops. Frames under way have been answered. */
  goingAway: 1001,
  /** Text under the binary subprotocol, or the other way round. */
  wrongKind: 1003,
  /** A message that can't be decoded. */
  undecodable: 1007,
  /** The client doesn't read its answers. */
  tryAgainLater: 1013,
  /** The token has expired and was not renewed. */
  tokenExpired: 4401,
} as const;
