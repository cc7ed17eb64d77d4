const WIDTH = 28;
const REDRAW_INTERVAL_MS = 100;
const ERASE_LINE = '\r\u001b[K';

/**
 * One line on standard error that grows, for work that takes a while. Nothing is written where standard error is no
 * terminal: there it would only be noise in a log.
 */
export class ProgressBar {
  readonly #isShown: boolean;
  #drawnAtMs = 0;

  constructor(
    private readonly label: string,
    private readonly stream: NodeJS.WriteStream = process.stderr,
  ) {
    this.#isShown = stream.isTTY === true;
  }

  /** `share` of the work done, 0 to 1, `undefined` for work without an end; `note` says more, in a few words. */
  update(share: number | undefined, note: string): void {
    if (!this.#isShown) return;
    const nowMs = performance.now();
    if (nowMs - this.#drawnAtMs < REDRAW_INTERVAL_MS) return;
    this.#drawnAtMs = nowMs;
    const line = `${this.label} ${share === undefined ? '' : `${barOf(share)} `}${note}`;
    this.stream.write(ERASE_LINE + line.slice(0, (this.stream.columns ?? 80) - 1));
  }

  /** Takes the line away, so that what is said next begins on an empty one. */
  end(): void {
    if (this.#isShown && this.#drawnAtMs > 0) this.stream.write(ERASE_LINE);
  }
}

function barOf(share: number): string {
  const within = Math.max(0, Math.min(1, share));
  const filled = Math.round(within * WIDTH);
  return `[${'#'.repeat(filled)}${' '.repeat(WIDTH - filled)}] ${Math.floor(within * 100)}%`;
}
