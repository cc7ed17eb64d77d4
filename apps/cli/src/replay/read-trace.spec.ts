import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from '@jest/globals';
import { UserError } from '../user-error.js';
import { readTrace } from './read-trace.js';

const folder = mkdtempSync(join(tmpdir(), 'hexfleet-trace-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, content: string | Buffer): string {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
}

const TRACE = 'driver_id,ts_ms,lat,lng\na,1,2,3\n';

describe('reading a trace file', () => {
  it('reads it plain or gzipped, whatever it is called', () => {
    expect(readTrace(file('plain.csv', TRACE)).rows).toHaveLength(1);
    expect(readTrace(file('zipped.csv', gzipSync(TRACE))).rows).toHaveLength(1);
  });

  it('says what is wrong with it in a sentence', () => {
    expect(() => readTrace(join(folder, 'none.csv'))).toThrow(UserError);
    expect(() => readTrace(file('riders.csv', 'ts_ms,lat,lng\n1,2,3\n'))).toThrow(
      /riders.csv is no trace: .*driver_id/,
    );
    expect(() => readTrace(file('cut.csv.gz', gzipSync(TRACE).subarray(0, 20)))).toThrow(UserError);
  });
});
