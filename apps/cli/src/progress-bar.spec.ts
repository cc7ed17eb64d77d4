import { describe, expect, it } from '@jest/globals';
import { ProgressBar } from './progress-bar.js';

/** A stream that keeps what is written to it. */
function streamOf(isTTY: boolean): { stream: NodeJS.WriteStream; written: string[] } {
  const written: string[] = [];
  const stream = { isTTY, columns: 60, write: (text: string) => written.push(text) } as unknown as NodeJS.WriteStream;
  return { stream, written };
}

describe('the progress bar', () => {
  it('writes nothing where there is no terminal', () => {
    const { stream, written } = streamOf(false);
    const bar = new ProgressBar('replay', stream);
    bar.update(0.5, '12 of 24');
    bar.end();
    expect(written).toEqual([]);
  });

  it('keeps to one line of the terminal, and takes it away at the end', () => {
    const { stream, written } = streamOf(true);
    const bar = new ProgressBar('replay', stream);
    bar.update(0.5, `12 of 24 ${'pings '.repeat(20)}`);
    bar.end();
    expect(written).toHaveLength(2);
    expect(written[0]).toContain(`[${'#'.repeat(14)}${' '.repeat(14)}] 50%`);
    expect(written.join('')).not.toContain('\n');
    // The erasing sequence takes no room on the line.
    expect((written[0] ?? '').replace('\r\u001b[K', '').length).toBeLessThan(60);
    expect(written[1]).toBe('\r\u001b[K');
  });

  it('shows work without an end without a bar', () => {
    const { stream, written } = streamOf(true);
    new ProgressBar('simulate', stream).update(undefined, '7 pings');
    expect(written[0]).toMatch(/simulate 7 pings$/);
  });
});
