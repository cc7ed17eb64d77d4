import { createWriteStream, writeFileSync } from 'node:fs';
import { relative } from 'node:path';

/**
 * A Jest reporter that is quiet while all is well: failures in full when their file ends, skipped tests by name at the
 * end with what their files printed (the reason), and now and then a line that says that it is alive. It speaks on file
 * descriptor 3, because what Jest and the tests print themselves is kept apart; and it leaves its counts in a file.
 *
 * Environment: HEXFLEET_TEST_COUNTS, the file to write `{ passed, failed, skipped }` to.
 */
const PROGRESS_INTERVAL_MS = 30_000;

export default class SummaryReporter {
  #out = createWriteStream('', { fd: 3, autoClose: false });
  #rootDir;
  #counts = { passed: 0, failed: 0, skipped: 0 };
  #skipped = [];
  #running = new Set();
  #byName;
  #progress;

  constructor(globalConfig) {
    this.#rootDir = globalConfig.rootDir;
    // With a name pattern, whatever doesn't match counts as skipped for Jest; nobody asked about those.
    this.#byName = Boolean(globalConfig.testNamePattern);
  }

  onRunStart() {
    this.#progress = setInterval(() => {
      const { passed, failed } = this.#counts;
      const running = [...this.#running].map((file) => relative(this.#rootDir, file)).join(', ');
      process.stderr.write(`… ${passed} passed, ${failed} failed so far; running ${running}\n`);
    }, PROGRESS_INTERVAL_MS);
    this.#progress.unref();
  }

  onTestFileStart(test) {
    this.#running.add(test.path);
  }

  onTestFileResult(test, result) {
    this.#running.delete(test.path);
    const file = relative(this.#rootDir, test.path);
    const counts = countsOf(result, this.#byName);
    for (const kind of Object.keys(counts)) this.#counts[kind] += counts[kind];
    if (counts.failed > 0) {
      this.#say(`FAILED ${file}\n${result.failureMessage ?? ''}${printed(result)}`);
    } else if (counts.skipped > 0) {
      const names = result.testResults.filter(isSkipped).map((one) => `  skipped: ${one.fullName}`);
      this.#skipped.push(`${file}\n${names.join('\n')}\n${printed(result)}`);
    }
  }

  onRunComplete() {
    clearInterval(this.#progress);
    for (const text of this.#skipped) this.#say(text);
    writeFileSync(process.env.HEXFLEET_TEST_COUNTS, JSON.stringify(this.#counts));
  }

  #say(text) {
    this.#out.write(`${text.trimEnd()}\n`);
  }
}

/** A file that could not be loaded, or failed outside its tests, is one failure, so that it can't pass unseen. */
export function countsOf(result, byName) {
  const testsFailed = result.numFailingTests;
  const fileFailed = testsFailed === 0 && (result.testExecError !== undefined || Boolean(result.failureMessage));
  return {
    passed: result.numPassingTests,
    failed: testsFailed + (fileFailed ? 1 : 0),
    skipped: byName ? 0 : result.numPendingTests + result.numTodoTests,
  };
}

function isSkipped(one) {
  return one.status === 'pending' || one.status === 'todo' || one.status === 'skipped';
}

function printed(result) {
  return (result.console ?? []).map((entry) => `  ${entry.message.trimEnd()}\n`).join('');
}
