import { connect, type NatsConnection } from '@nats-io/transport-node';
import { connectionOptions } from './connection-options.js';
import { ControlBus, type ControlBusOptions } from './control-bus.js';

export interface ControlConnection extends ControlBusOptions {
  readonly natsUrl: string;
}

/** A bus with a connection of its own. */
export interface OwnControlBus {
  readonly bus: ControlBus;
  close(): Promise<void>;
}

const RETRY_MS = 500;
const RECONNECT_MS = 250;

/** Returns at once, and connects in the background: waits for NATS for as long as it takes. */
export function connectControlBus(options: ControlConnection): OwnControlBus {
  const giveUp = new AbortController();
  const connection = connectPatiently(options, giveUp.signal);
  const bus = new ControlBus(connection, options);
  return {
    bus,
    close: async () => {
      giveUp.abort();
      bus.close();
      await (await connection)?.close();
    },
  };
}

async function connectPatiently(
  { natsUrl, name, onError }: ControlConnection,
  signal: AbortSignal,
): Promise<NatsConnection | undefined> {
  while (!signal.aborted) {
    try {
      return await connect({
        ...connectionOptions(natsUrl),
        name: `${name}-control`,
        maxReconnectAttempts: -1,
        reconnectTimeWait: RECONNECT_MS,
        ignoreClusterUpdates: true,
        pingInterval: 2_000,
        maxPingOut: 2,
      });
    } catch (error) {
      onError(error);
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
  return undefined;
}
