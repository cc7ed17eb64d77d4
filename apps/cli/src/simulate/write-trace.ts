import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { FleetSimulation, SimulatedPing } from '@hexfleet/fleet-simulation';
import { TRACE_COLUMNS, traceLine } from '@hexfleet/trace';
import type { ProgressBar } from '../progress-bar.js';
import { grouped } from '../sending/answer-summary.js';
import { UserError } from '../user-error.js';

const STEP_MS = 1_000;

/**
 * Writes what the fleet's phones would say as a trace, as fast as can be, gzipped where the name ends so. Times are
 * true ones: a trace has no clocks to be wrong. Resolves to the number of rows.
 */
export async function writeTrace(
  simulation: FleetSimulation,
  path: string,
  { startMs, durationMs, bar, stop }: { startMs: number; durationMs: number; bar: ProgressBar; stop: AbortSignal },
): Promise<number> {
  const file = createWriteStream(path);
  const sink = path.endsWith('.gz') ? createGzip() : file;
  if (sink !== file) sink.pipe(file);
  const written = finished(file).catch((error: Error) => {
    throw new UserError(`${path} can't be written: ${error.message}`);
  });
  // Told of at the end, or when the writer waits for room.
  written.catch(() => {});
  let rows = 0;
  sink.write(`${TRACE_COLUMNS.join(',')}\n`);
  for (let atMs = startMs + STEP_MS; !stop.aborted && atMs < startMs + durationMs + STEP_MS; atMs += STEP_MS) {
    const lines = simulation.step(Math.min(atMs, startMs + durationMs)).map(lineOf);
    rows += lines.length;
    bar.update((atMs - startMs) / durationMs, `${grouped(rows)} rows`);
    if (lines.length > 0 && !sink.write(`${lines.join('\n')}\n`)) await Promise.race([once(sink, 'drain'), written]);
  }
  sink.end();
  await written;
  return rows;
}

function lineOf({ ping, atMs }: SimulatedPing): string {
  const { lat, lng, ...readings } = ping;
  return traceLine({ ...readings, tsMs: atMs, latDeg: lat, lngDeg: lng });
}
