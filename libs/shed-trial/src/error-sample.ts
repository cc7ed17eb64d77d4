const FIRST_ERRORS = 1_024;

/** How position errors are spread, in metres. All NaN where there is none. */
export interface ErrorSummary {
  readonly meanM: number;
  readonly p50M: number;
  readonly p95M: number;
  readonly p99M: number;
}

/**
 * Position errors, in metres: all of them are kept, in four bytes each, so that quantiles are exact. The quantile q of n
 * errors is the smallest that at least q · n of them don't exceed.
 */
export class ErrorSample {
  #errorsM = new Float32Array(FIRST_ERRORS);
  #count = 0;
  #sumM = 0;

  get count(): number {
    return this.#count;
  }

  add(errorM: number): void {
    if (this.#count === this.#errorsM.length) {
      const grown = new Float32Array(2 * this.#count);
      grown.set(this.#errorsM);
      this.#errorsM = grown;
    }
    this.#errorsM[this.#count++] = errorM;
    this.#sumM += errorM;
  }

  summary(): ErrorSummary {
    const sorted = this.#errorsM.slice(0, this.#count).sort();
    const quantileM = (q: number) => sorted[Math.max(0, Math.ceil(q * this.#count) - 1)] ?? Number.NaN;
    return {
      meanM: this.#count === 0 ? Number.NaN : this.#sumM / this.#count,
      p50M: quantileM(0.5),
      p95M: quantileM(0.95),
      p99M: quantileM(0.99),
    };
  }
}
