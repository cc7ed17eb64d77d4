import { resolve } from 'node:path';
import { type Claims, signToken } from '@hexfleet/access';
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
import { defaultDataFolder } from '../data-folder.js';
import { readSecrets } from '../secrets.js';
import { UserError } from '../user-error.js';

/** Where pings go, and how: what `replay` and `simulate` have in common. */
export interface PingTarget {
  readonly gateway: string;
  readonly token?: string;
  readonly dataDir: string;
  readonly transport: 'ws' | 'http';
  readonly codec?: 'proto' | 'json';
  readonly batch: number;
  readonly connections?: number;
  readonly retries: number;
}

const TOKEN_TTL_SECONDS = 30 * 24 * 3_600;
/** An answer comes with the gateway's flush, so what is under way at once bounds the pace. */
const WEBSOCKET_WINDOW_FRAMES = 16;
const ANSWER_WAIT_SECONDS = 0.3;
const MAX_LONE_PING_CONNECTIONS = 1_000;
const CONNECTIONS = { ws: 4, http: 16 } as const;

export function addTargetOptions(command: Command): Command {
  return command
    .option('--gateway <url>', 'where the pings go', urlWith('http:', 'https:'), 'http://127.0.0.1:8080')
    .addOption(
      new Option('--token <token>', 'of role fleet; made with the data folder’s secret where none is given').env(
        'HEXFLEET_TOKEN',
      ),
    )
    .option('--data-dir <dir>', 'the data folder of the Hexfleet', (dir) => resolve(dir), defaultDataFolder())
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
  const token = givenToken(target) ?? (await tokenFrom(target.dataDir, { subject: 'local-fleet', role: 'fleet' }));
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

/** The token that was given. An empty one, as a variable of the environment may hold, is none. */
export function givenToken({ token }: Pick<PingTarget, 'token'>): string | undefined {
  return token === '' ? undefined : token;
}

/** A token for the Hexfleet of a data folder. @throws UserError when none has run there. */
export async function tokenFrom(dataDir: string, claims: Omit<Claims, 'expiresAtMs'>): Promise<string> {
  const secrets = readSecrets(dataDir);
  if (secrets === undefined) {
    throw new UserError(
      `${dataDir} holds no secrets: start Hexfleet there (npm start), or give --token or --data-dir.`,
    );
  }
  return signToken({ secret: secrets.jwtSecret, claims, ttlSeconds: TOKEN_TTL_SECONDS });
}
