import { readReason } from '@hexfleet/shed-policy';
import { Problem } from '@hexfleet/web-edge';
import { faulty } from './policy-desk.js';

const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 1_000;

/** @throws Problem invalid_request */
export function limitOf(text: string | undefined): number {
  return text === undefined ? DEFAULT_LIMIT : wholeNumber('limit', text, MAX_LIMIT);
}

/** @throws Problem invalid_request */
export function versionOf(name: string, text: string | undefined): number | undefined {
  return text === undefined ? undefined : wholeNumber(name, text, Number.MAX_SAFE_INTEGER);
}

/** @throws Problem invalid_policy */
export function reasonOf(text: string | undefined): { readonly reason?: string } {
  const reading = readReason(text);
  if (!reading.ok) throw faulty(reading.faults);
  return reading.value.reason === undefined ? {} : { reason: reading.value.reason };
}

function wholeNumber(name: string, text: string, max: number): number {
  const value = Number(text);
  if (typeof text === 'string' && /^\d{1,16}$/.test(text) && value >= 1 && value <= max) return value;
  throw new Problem('invalid_request', `${name} must be a whole number from 1 to ${max}`);
}
