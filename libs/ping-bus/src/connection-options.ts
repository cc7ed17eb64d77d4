/** What the NATS client is told of where to go and who we are. */
export interface ConnectionOptions {
  readonly servers: string;
  readonly user?: string;
  readonly pass?: string;
  readonly tls?: Record<string, never>;
}

/**
 * Server and credentials, from a URL such as nats://user:password@127.0.0.1:4222, as the client wants them. With tls:// a
 * server that offers no TLS is refused before the password is sent: of itself, the client only takes TLS when it is offered.
 */
export function connectionOptions(natsUrl: string): ConnectionOptions {
  const url = new URL(natsUrl);
  const servers = `${url.hostname}:${url.port || 4222}`;
  return {
    servers,
    ...(url.protocol === 'tls:' && { tls: {} }),
    ...(url.username !== '' && {
      user: decodeURIComponent(url.username),
      pass: decodeURIComponent(url.password),
    }),
  };
}
