import type { OverloadLadder } from '@hexfleet/load-shedding';
import { type NestFastifyApplication, Problem } from '@hexfleet/web-edge';

/** At the stage `refuse_connections`, requests of clients are refused before their bodies are read; health is still told. */
export function refuseWhenOverloaded(
  app: NestFastifyApplication,
  ladder: OverloadLadder,
  retryAfterSeconds: number,
): void {
  app
    .getHttpAdapter()
    .getInstance()
    .addHook('onRequest', async ({ url }: { readonly url: string }) => {
      if (ladder.isAt('refuse_connections') && url.startsWith('/v1/')) {
        throw new Problem('unavailable', 'the gateway is overloaded', { retryAfterSeconds });
      }
    });
}
