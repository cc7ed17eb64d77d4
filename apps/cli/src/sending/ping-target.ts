import {
  type AnswerTally,
  GatewaySocket,
  PingLane,
  type PingLaneOptions,
  PingLanes,
  PingPoster,
} from '@hexfleet/ping-client';
import { FRAME_CODECS, MAX_REQUEST_PINGS } from '@hexfleet/wire';
import { type Command, Option } from 'commander';
import { integerBetween, urlWith } from '../commands/option-values.js';
import { UserError } from '../user-error.js';
import { addTokenOptions, type TokenTarget, tokenOf } from './token-target.js';

/** Where pings go, and how: what `replay` and `simulate` have in common. */
export interface PingTarget extends TokenTarget {
  readonly gateway: string;
  readonly transport: 'ws' | 'http';
  readonly codec?: 'proto' | 'json';
  readonly batch: number;
  readonly connections?: number;
  readonly retries: number;
}

/** An answer comes with the gateway's flush, so what is under way at once bounds the pace. */
const WEBSOCKET_WINDOW_FRAMES = 16;
const ANSWER_WAIT_SECONDS = 0.3;
const MAX_LONE_PING_CONNECTIONS = 1_000;
const CONNECTIONS = { ws: 4, http: 16 } as const;

export function addTargetOptions(command: Command): Command {
  const gatewayUrl = urlWith('http:', 'https:');
  command.option('--gateway <url>', 'where the pings go', gatewayUrl, 'http://127.0.0.1:8080');
  return addTokenOptions(command, 'fleet')
    .addOption(new Option('--transport <kind>', 'WebSocket or HTTP').choices(['ws', 'http']).default('ws'))
    .addOption(
      new Option('--codec <name>', 'of WebSocket frames (default: proto); HTTP is JSON').choices(['proto', 'json']),
    )
    .option('--batch <n>', 'most pings in a frame or request', integerBetween(1, MAX_REQUEST_PINGS), 100)
    .option(
      '--connections <n>',
      `drivers are spread over so many (default: ${CONNECTIONS.ws} WebSockets, or ${CONNECTIONS.http} for HTTP)`,
      integerBetween(1, 20_000),
    )
    .option('--retries <n>', 'tries more for pings that are unavailable or unanswered', integerBetween(0, 1_000), 10);
}

/**
 * How many connections carry so many pings a second when each travels in a frame of its own, never fewer than usual. The
 * wait for an answer is that of the gateway's flush, and then some.
 */
export function connectionsForLonePings({ transport }: Pick<PingTarget, 'transport'>, pingsPerSecond: number): number {
  const frames = transport === 'http' ? 1 : WEBSOCKET_WINDOW_FRAMES;
  const needed = Math.ceil((pingsPerSecond * ANSWER_WAIT_SECONDS) / frames);
  return Math.max(CONNECTIONS[transport], Math.min(MAX_LONE_PING_CONNECTIONS, needed));
}

/** The lanes to the target, not yet connected. `onReply` is told of every frame of every lane. */
export async function openLanes(
  target: PingTarget,
  tally: AnswerTally,
  onReply: NonNullable<PingLaneOptions['onReply']>,
): Promise<PingLanes> {
  const { transport, codec = transport === 'ws' ? 'proto' : 'json', batch, retries } = target;
  const { connections = CONNECTIONS[transport] } = target;
  if (transport === 'http' && codec === 'proto') throw new UserError('HTTP speaks JSON: leave out --codec proto.');
  const gatewayUrl = target.gateway;
  const token = await tokenOf(target, { subject: 'local-fleet', role: 'fleet' });
  const frameCodec = FRAME_CODECS.find(({ subprotocol }) => subprotocol.endsWith(codec));
  const lanes = Array.from({ length: connections }, () => {
    const carrier =
      transport === 'http'
        ? new PingPoster({ gatewayUrl, token, maxSockets: 1 })
        : new GatewaySocket({ gatewayUrl, token, ...(frameCodec !== undefined && { codec: frameCodec }) });
    // Two requests at once could overtake one another; frames of a WebSocket can't.
    const windowFrames = transport === 'http' ? 1 : WEBSOCKET_WINDOW_FRAMES;
    return new PingLane({ carrier, tally, batch, retries, windowFrames, onReply });
  });
  return new PingLanes(lanes);
}
