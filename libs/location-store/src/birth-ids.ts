import { randomBytes } from 'node:crypto';

/** Ids for directory slots that are found empty, so that everyone learns that the slot forgot. Never the same twice. */
export class BirthIds {
  private readonly prefix = randomBytes(6).toString('base64url');
  private given = 0;

  next(): string {
    this.given++;
    return `${this.prefix}${this.given}`;
  }
}
