import { z } from 'zod';
import { parseDurationMs } from './duration.js';

/**
 * The kinds of variable. Each is a zod schema from the text of a variable to its typed value, with a message that says
 * what is wanted. No message repeats the value: it may be a secret, and it may be a URL with a password in it.
 */

/** A whole number between two bounds. */
export function integer(min: number, max: number) {
  const wanted = `must be a whole number from ${min} to ${max}`;
  return z
    .string()
    .regex(/^[+-]?\d{1,15}$/, wanted)
    .transform(Number)
    .refine((value) => value >= min && value <= max, wanted);
}

/** A number, fractions allowed, between two bounds. */
export function decimal(min: number, max: number) {
  const wanted = `must be a number from ${min} to ${max}`;
  return z
    .string()
    .regex(/^[+-]?\d{1,15}(\.\d{1,12})?$/, wanted)
    .transform(Number)
    .refine((value) => value >= min && value <= max, wanted);
}

/** A duration in milliseconds; `60000` and `60s` are the same. Bounds in milliseconds. */
export function durationMs(minMs: number, maxMs: number) {
  const wanted = `must be a duration from ${minMs} to ${maxMs} ms, such as 250ms, 60s or 5m`;
  return z
    .string()
    .transform((text) => parseDurationMs(text) ?? Number.NaN)
    .refine((value) => value >= minMs && value <= maxMs, wanted);
}

/** A text that a pattern must match; `wanted` says in words what it must be. */
export function text(pattern: RegExp, wanted: string) {
  return z.string().regex(pattern, `must be ${wanted}`);
}

/** One of some words. */
export function oneOf<const Words extends readonly [string, ...string[]]>(words: Words) {
  return z.enum(words, `must be one of ${words.join(', ')}`);
}

/** An absolute URL of one of some protocols, given with their colon, as in `'nats:'`. */
export function url(...protocols: string[]) {
  const wanted = `must be a URL that starts with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}`;
  return z.string().refine((text) => isUrl(text, protocols), wanted);
}

/** One or more URLs, comma between them. */
export function urlList(...protocols: string[]) {
  const starts = protocols.map((protocol) => `${protocol}//`).join(' or ');
  return z
    .string()
    .transform((text) => text.split(',').map((part) => part.trim()))
    .refine(
      (urls) => urls.every((text) => isUrl(text, protocols)) && new Set(urls).size === urls.length,
      `must be different URLs that start with ${starts}, comma between them`,
    );
}

/** A TCP port; 0 asks the system for any free one. */
export function port(defaultPort: number) {
  return integer(0, 65_535).default(defaultPort);
}

/** A secret of at least so many characters. */
export function secret(minLength: number) {
  return z.string().min(minLength, `must be at least ${minLength} characters long`);
}

function isUrl(text: string, protocols: readonly string[]): boolean {
  if (!URL.canParse(text)) return false;
  const parsed = new URL(text);
  return protocols.includes(parsed.protocol) && parsed.hostname !== '';
}
