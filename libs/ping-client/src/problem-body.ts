import type { IncomingMessage } from 'node:http';
import type { GatewayReply } from './gateway-reply.js';

const MAX_BODY_BYTES = 4 * 1024 * 1024;

/** The whole body of a response, cut at 4 MB; what has come so far when the connection breaks. */
export function bodyOf(response: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    response.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= MAX_BODY_BYTES) chunks.push(chunk);
    });
    response.on('close', () => resolve(Buffer.concat(chunks)));
    response.on('error', () => resolve(Buffer.concat(chunks)));
  });
}

/** What a response says that is no answer to pings: its problem, if it has one. */
export async function refusalOf(response: IncomingMessage): Promise<GatewayReply & { kind: 'refused' }> {
  return refusal(response, await bodyOf(response));
}

export function refusal(response: IncomingMessage, body: Buffer): GatewayReply & { kind: 'refused' } {
  const status = response.statusCode ?? 0;
  const seconds = Number(response.headers['retry-after']);
  const { code, title, detail } = problemIn(body);
  return {
    kind: 'refused',
    status,
    code: code ?? `status_${status}`,
    detail: detail ?? title ?? response.statusMessage ?? '',
    ...(seconds >= 0 && { retryAfterMs: seconds * 1000 }),
  };
}

function problemIn(body: Buffer): { code?: string; title?: string; detail?: string } {
  try {
    const parsed: unknown = JSON.parse(body.toString());
    return typeof parsed === 'object' && parsed !== null ? parsed : {};
  } catch {
    return {};
  }
}
