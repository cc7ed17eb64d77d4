import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { rawExchange } from './raw-exchange.js';
import { writeSecretFile } from './secret-file.js';
import { findServerBinaries } from './server-binaries.js';
import { type RunningServer, startServer } from './server-process.js';

export interface NatsOptions {
  /** Holds the configuration, the log and JetStream's files. Made when missing. */
  readonly dataDir: string;
  /** 0, the default, means any free port. */
  readonly port?: number | undefined;
  readonly user: string;
  readonly password: string;
  /** The program; by default the one that findServerBinaries finds. */
  readonly binary?: string | undefined;
  /** Gives up a start that is under way: the server is ended, and the start rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** Starts nats-server 2.9 or newer with JetStream on files. @throws Error with the server's own words when it can't start. */
export async function startNats(options: NatsOptions): Promise<RunningServer> {
  const binary = options.binary ?? findServerBinaries().nats;
  if (binary === undefined) throw new Error('nats-server is not on this machine: install it, or name a NATS to use');
  const dataDir = resolve(options.dataDir);
  mkdirSync(dataDir, { recursive: true });
  const configFile = join(dataDir, 'nats.conf');
  writeSecretFile(configFile, natsConfig(dataDir, options.user, options.password));
  const credentials = `${encodeURIComponent(options.user)}:${encodeURIComponent(options.password)}`;
  return startServer(
    {
      label: 'nats-server',
      binary,
      // Address and port are arguments, the rest is in the file: so no secret shows in a list of processes.
      args: (port) => ['-c', configFile, '-a', '127.0.0.1', '-p', String(port)],
      logFile: join(dataDir, 'nats.log'),
      url: (port) => `nats://${credentials}@127.0.0.1:${port}`,
      answers: (port) => jetStreamAnswers(port, options.user, options.password),
      signal: options.signal,
    },
    options.port ?? 0,
  );
}

function natsConfig(dataDir: string, user: string, password: string): string {
  return `# Written by Hexfleet at each start; changes made here are lost.
server_name: "hexfleet"
authorization { user: ${JSON.stringify(user)}, password: ${JSON.stringify(password)} }
jetstream { store_dir: ${JSON.stringify(dataDir)} }
max_payload: 8MB
write_deadline: "10s"
`;
}

/** Logs in by hand and asks JetStream for its account: an answer with "streams" in it means that streams are loaded. */
function jetStreamAnswers(port: number, user: string, password: string): Promise<boolean> {
  const login = JSON.stringify({
    user,
    pass: password,
    verbose: false,
    pedantic: false,
    lang: 'hexfleet',
    version: '1',
  });
  const request = `CONNECT ${login}\r\nSUB _INBOX.up 1\r\nPUB $JS.API.INFO _INBOX.up 0\r\n\r\nPING\r\n`;
  return rawExchange(port, request, (received) => /MSG _INBOX\.up[\s\S]*"streams"/.test(received));
}
