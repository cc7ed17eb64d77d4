import { type GatewayReply, GatewaySocket, PingPoster } from '@hexfleet/ping-client';
import { type FrameCodec, JSON_FRAMES, PROTO_FRAMES, type WirePing } from '@hexfleet/wire';
import type { LoadPlan } from './load-plan.js';

/** Sends some pings at once; resolves to how many were accepted and coalesced. */
export type Send = (pings: readonly WirePing[]) => Promise<{ accepted: number; coalesced: number }>;

export interface Carrier {
  readonly send: Send;
  close(): Promise<void>;
}

const NOTHING = { accepted: 0, coalesced: 0 };
const FRAMES_WITHOUT_ANSWER = 64;

export async function openCarrier(plan: LoadPlan): Promise<Carrier> {
  switch (plan.carrier) {
    case 'websocket, protobuf':
      return sockets(plan, PROTO_FRAMES);
    case 'websocket, JSON':
      return sockets(plan, JSON_FRAMES);
    case 'http':
      return posts(plan, '/v1/fleet/pings', (pings) => ({ sentAtMs: Date.now(), pings }));
    case 'naive http':
      return posts(plan, '/pings', ([ping]) => ping);
    case 'naive http batch':
      return posts(plan, '/pings/batch', (pings) => ({ pings }));
  }
}

async function sockets({ url, token, connections }: LoadPlan, codec: FrameCodec): Promise<Carrier> {
  const options = { gatewayUrl: url, token, codec, windowFrames: FRAMES_WITHOUT_ANSWER };
  const all = Array.from({ length: connections }, () => new GatewaySocket(options));
  const failures = await Promise.all(all.map((socket) => socket.connect()));
  const failure = failures.find((reply) => reply !== undefined);
  if (failure !== undefined) throw new Error(`a socket was not opened: ${JSON.stringify(failure)}`);
  let turn = 0;
  return {
    send: async (pings) => countsOf(await (all[turn++ % all.length] as GatewaySocket).send(pings)),
    close: async () => {
      await Promise.all(all.map((socket) => socket.close()));
    },
  };
}

function countsOf(reply: GatewayReply): { accepted: number; coalesced: number } {
  return reply.kind === 'answered' ? reply.answer : NOTHING;
}

async function posts(
  { url, token, connections }: LoadPlan,
  path: string,
  bodyOf: (pings: readonly WirePing[]) => unknown,
): Promise<Carrier> {
  const poster = new PingPoster({ gatewayUrl: url, token, path, maxSockets: connections });
  return {
    send: async (pings) => {
      const { status, json } = await poster.post(JSON.stringify(bodyOf(pings)));
      return status === 202 ? { ...NOTHING, ...(json as object) } : NOTHING;
    },
    close: () => poster.close(),
  };
}
