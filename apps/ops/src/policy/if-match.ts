import { Problem } from '@hexfleet/web-edge';

/** The entity tag of a version. */
export function tagOf(version: number): string {
  return `"${version}"`;
}

const TAGS = /^\s*(?:W\/)?"[^"]*"(?:\s*,\s*(?:W\/)?"[^"]*")*\s*$/;
const MAX_TAGS = 100;

/**
 * The versions that an `If-Match` header (RFC 9110, 13.1.1) allows; undefined for any, as without the header and for `*`.
 * The comparison is strong: a weak tag matches none, and so does a tag that is no version.
 * @throws Problem invalid_request when it is neither `*` nor a list of tags.
 */
export function versionsMatching(ifMatch: string | undefined): number[] | undefined {
  if (ifMatch === undefined || ifMatch.trim() === '*') return undefined;
  if (!TAGS.test(ifMatch)) throw new Problem('invalid_request', 'If-Match must be * or tags in quotes, such as "12"');
  const tags = ifMatch.match(/(?:W\/)?"[^"]*"/g) ?? [];
  return tags.slice(0, MAX_TAGS).flatMap((tag) => {
    const version = /^"([1-9]\d{0,14})"$/.exec(tag)?.[1];
    return version === undefined ? [] : [Number(version)];
  });
}
