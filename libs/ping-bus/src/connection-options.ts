/** Server and credentials, from a URL such as nats://user:password@127.0.0.1:4222, as the client wants them. */
export function connectionOptions(natsUrl: string): { servers: string; user?: string; pass?: string } {
  const url = new URL(natsUrl);
  const servers = `${url.hostname}:${url.port || 4222}`;
  if (url.username === '') return { servers };
  return { servers, user: decodeURIComponent(url.username), pass: decodeURIComponent(url.password) };
}
