import type { HexfleetUp } from './hexfleet-run.js';

/** The one line of `start --json`, as scripts rely on it. */
export function readyLine(up: HexfleetUp): string {
  return JSON.stringify({
    ready: true,
    gateway: up.gateway.url,
    nearby: up.nearby.url,
    ops: up.ops.url,
    writers: up.writers.map(({ url }) => url),
    nats: up.nats.url,
    redis: up.redis.map(({ url }) => url),
    pids: {
      gateway: up.gateway.pid,
      nearby: up.nearby.pid,
      ops: up.ops.pid,
      writers: up.writers.map(({ pid }) => pid),
      nats: up.nats.pid,
      redis: up.redis.flatMap(({ pid }) => (pid === null ? [] : [pid])),
    },
    tokens: up.tokens,
  });
}

/** Where the simulated fleet drives: the centre of San Francisco. */
export const DEMO_PLACE = 'lat=37.7749&lng=-122.4194';

/** What a person sees once all is up: where everything is, and a first thing to try that has an answer. */
export function welcome(up: HexfleetUp, dataDir: string, demo: boolean): string {
  const { gateway, nearby, ops, tokens } = up;
  const send = `curl -s ${gateway.url}/v1/fleet/pings -H 'authorization: Bearer ${tokens.fleet}' \\
    -H 'content-type: application/json' \\
    -d '{"pings":[{"driverId":"d-17","lat":37.7749,"lng":-122.4194,"capturedAtMs":'$(date +%s)'000,"status":"available"}]}'`;
  const ask = `curl -s '${nearby.url}/v1/drivers/nearby?${DEMO_PLACE}&limit=3' -H 'authorization: Bearer ${tokens.rider}'`;
  return `
Hexfleet is up.

  gateway  ${gateway.url}   drivers send their pings here
  nearby   ${nearby.url}   riders ask who is near
  ops      ${ops.url}   operators look at the pressure
  data     ${dataDir}

Tokens, valid for 30 days (others: npx hexfleet token --help):

  fleet    ${tokens.fleet}
  rider    ${tokens.rider}
  viewer   ${tokens.viewer}
  ops      ${tokens.ops}

${demo ? 'Sixty simulated drivers are about. The three nearest to the centre of San Francisco:' : 'Send a ping, then ask who is near:'}

${demo ? '' : `  ${send}\n\n`}  ${ask}

Ctrl-C stops all of it.
`;
}
