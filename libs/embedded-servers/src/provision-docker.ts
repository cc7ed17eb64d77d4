import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ProvisionRoute, ServerName } from './provision-route.js';
import { runProgram } from './run-program.js';
import { findProgram, standInFolder } from './server-binaries.js';

const IMAGES: Record<ServerName, string> = { nats: 'nats:2.12-alpine', redis: 'redis:7-alpine' };
const VERSION_LINES: Record<ServerName, string> = { nats: 'nats-server: v2.12', redis: 'Redis server v=7.0' };

/**
 * A shell script that takes the server's own arguments as this lib gives them: the configuration file's folder is mounted
 * at the same path, the port is published on 127.0.0.1 alone, and inside the container the server listens on all
 * addresses, which is what publishing needs. One container a data folder: what a kill −9 left of it is removed first.
 */
function standIn(name: ServerName, docker: string): string {
  return `#!/bin/sh
# Written by Hexfleet: ${name}-server from its official image, as if it were installed here.
if [ "\${1:-}" = --version ]; then echo '${VERSION_LINES[name]} (image ${IMAGES[name]})'; exit 0; fi
port= folder= previous=
for argument in "$@"; do
  case "$argument" in /*) folder=$(dirname "$argument") ;; esac
  case "$previous" in -p|--port) port=$argument ;; esac
  previous=$argument
done
container=hexfleet-${name}-$(printf %s "$folder" | cksum | cut -d ' ' -f 1)
"${docker}" rm -f "$container" >/dev/null 2>&1
for argument in "$@"; do
  shift
  [ "$argument" = 127.0.0.1 ] && argument=0.0.0.0
  set -- "$@" "$argument"
done
exec "${docker}" run --rm --init --name "$container" --user "$(id -u):$(id -g)" \\
  -p "127.0.0.1:$port:$port" -v "$folder:$folder" --entrypoint ${name}-server ${IMAGES[name]} "$@"
`;
}

/** Where nothing else helps but Docker runs: stand-ins for the programs, kept in `.hexfleet/bin` of this clone. */
export function dockerRoute(folders: readonly string[], standIns = standInFolder()): ProvisionRoute {
  const docker = findProgram('docker', folders);
  return {
    offer: (missing) => `run ${missing.map((name) => IMAGES[name]).join(' and ')} with Docker`,
    applies: async () => docker !== undefined && (await runProgram(docker, ['info'])).status === 0,
    provide: async (missing) => {
      if (docker === undefined) return undefined;
      for (const name of missing) {
        const { status, output } = await runProgram(docker, ['pull', '--quiet', IMAGES[name]]);
        if (status !== 0) return output.trim().slice(-2_000);
        mkdirSync(standIns, { recursive: true });
        const file = join(standIns, `${name}-server`);
        writeFileSync(file, standIn(name, docker));
        chmodSync(file, 0o755);
      }
      return undefined;
    },
  };
}
