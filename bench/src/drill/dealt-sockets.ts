import { setTimeout as sleep } from 'node:timers/promises';
import { type GatewayReply, GatewaySocket } from '@hexfleet/ping-client';
import { PROTO_FRAMES, type WirePing } from '@hexfleet/wire';
import type { FleetPlan } from './fleet-plan.js';

const FRAMES_WITHOUT_ANSWER = 64;
const RETRY_MS = 250;

/** The sockets to one gateway, and whether it was there when last asked. */
interface Way {
  readonly sockets: readonly GatewaySocket[];
  isUp: boolean;
  turn: number;
}

/**
 * Frames dealt to gateways in turn, as by a load balancer that knows nothing of drivers. One that loses a frame gets none until it
 * takes connections again: the others get its share.
 */
export class DealtSockets {
  readonly #ways: readonly Way[];
  #turn = 0;
  #isClosed = false;

  constructor({ gatewayUrls, token, connections }: Pick<FleetPlan, 'gatewayUrls' | 'token' | 'connections'>) {
    this.#ways = gatewayUrls.map((gatewayUrl) => {
      const options = { gatewayUrl, token, codec: PROTO_FRAMES, windowFrames: FRAMES_WITHOUT_ANSWER };
      return { sockets: Array.from({ length: connections }, () => new GatewaySocket(options)), isUp: true, turn: 0 };
    });
  }

  /** @throws Error when a socket is not opened. */
  async connect(): Promise<void> {
    const replies = await Promise.all(this.#ways.flatMap(({ sockets }) => sockets.map((socket) => socket.connect())));
    const failure = replies.find((reply) => reply !== undefined);
    if (failure !== undefined) throw new Error(`a socket was not opened: ${JSON.stringify(failure)}`);
  }

  async send(pings: readonly WirePing[]): Promise<GatewayReply> {
    const up = this.#ways.filter(({ isUp }) => isUp);
    const way = up[this.#turn++ % up.length];
    if (way === undefined) return { kind: 'lost', detail: 'no gateway takes connections' };
    const socket = way.sockets[way.turn++ % way.sockets.length] as GatewaySocket;
    const reply = await socket.send(pings);
    if (reply.kind === 'lost' && way.isUp) void this.#wait(way);
    return reply;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all(this.#ways.flatMap(({ sockets }) => sockets.map((socket) => socket.close())));
  }

  async #wait(way: Way): Promise<void> {
    way.isUp = false;
    while (!way.isUp && !this.#isClosed) {
      await sleep(RETRY_MS);
      const replies = await Promise.all(way.sockets.map((socket) => socket.connect()));
      way.isUp = replies.every((reply) => reply === undefined);
    }
  }
}
