import { parseDurationMs } from '@hexfleet/settings';
import { InvalidArgumentError } from 'commander';

/** Parsers of option values: each takes what was typed and gives a value, or the sentence that commander prints. */

/** 0, any free port, to 65535. */
export function port(text: string): number {
  return integerBetween(0, 65_535, 'a port, 0 (any free one) to 65535')(text);
}

export function positiveInteger(text: string): number {
  return integerBetween(1, Number.MAX_SAFE_INTEGER, 'a whole number of at least 1')(text);
}

/** Whole numbers from `minimum` to `maximum`. */
export function integerBetween(
  minimum: number,
  maximum: number,
  what = `a whole number from ${minimum} to ${maximum}`,
): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= minimum && value <= maximum) return value;
    throw new InvalidArgumentError(`It must be ${what}.`);
  };
}

export function positiveNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value <= 0) {
    throw new InvalidArgumentError('It must be a number greater than 0.');
  }
  return value;
}

/** Milliseconds of `90s`, `15m`, `2h`, `1d`; within bounds that are said when they are broken. */
export function durationWithin(minimum: string, maximum: string): (text: string) => number {
  const [minimumMs, maximumMs] = [parseDurationMs(minimum) ?? 0, parseDurationMs(maximum) ?? 0];
  return (text) => {
    const valueMs = parseDurationMs(text);
    if (valueMs === undefined || valueMs < minimumMs || valueMs > maximumMs) {
      throw new InvalidArgumentError(`It must be a duration such as 90s or 2h, ${minimum} to ${maximum}.`);
    }
    return valueMs;
  };
}

export function urlWith(...protocols: string[]): (text: string) => string {
  return (text) => {
    if (!URL.canParse(text) || !protocols.includes(new URL(text).protocol)) {
      throw new InvalidArgumentError(
        `It must be a URL that starts with ${protocols.map((p) => `${p}//`).join(' or ')}.`,
      );
    }
    return text;
  };
}

/** One or more URLs with commas between. */
export function urlsWith(...protocols: string[]): (text: string) => string[] {
  const parse = urlWith(...protocols);
  return (text) => text.split(',').map((url) => parse(url.trim()));
}
