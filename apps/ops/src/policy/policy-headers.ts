import type { PolicyState } from '@hexfleet/shed-policy';
import type { FastifyReply } from '@hexfleet/web-edge';
import { tagOf } from './if-match.js';

/** Says beside the body which version it is of, and who made that. */
export function tellVersion(reply: FastifyReply, { version, change }: PolicyState): void {
  reply
    .header('etag', tagOf(version))
    .header('cache-control', 'no-cache')
    .header('policy-version', String(version))
    .header('policy-author', change.author)
    .header('policy-changed-at-ms', String(change.atMs));
}
