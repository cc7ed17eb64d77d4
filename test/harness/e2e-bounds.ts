import { jest } from '@jest/globals';

/**
 * What an end-to-end test or hook may take before Jest gives it up: past the harness's own bounds, which say what it is
 * that hangs.
 */
jest.setTimeout(300_000);
