import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { UserError } from '../user-error.js';

/** What a file holds as JSON; `-` is the standard input. @throws UserError when it can't be read, or is no JSON. */
export async function readJson(path: string): Promise<unknown> {
  const name = path === '-' ? 'The standard input' : path;
  let content: string;
  try {
    content = path === '-' ? await text(process.stdin) : readFileSync(path, 'utf8');
  } catch (error) {
    throw new UserError(`${name} can't be read: ${(error as Error).message}`);
  }
  try {
    return JSON.parse(content);
  } catch (error) {
    throw new UserError(`${name} is no JSON: ${(error as Error).message}`);
  }
}
