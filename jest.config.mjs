/**
 * Three projects: `unit` (beside the sources, and under test/ but for e2e and chaos); `e2e` starts whole Hexfleets, which wait more
 * than they work, so that two at a time fit on two cores; `chaos` judges how soon one recovers, and is run alone. Real NATS and
 * Redis may be started in any of them, each on free ports in a folder of its own.
 *
 * Run one file with:
 *   NODE_OPTIONS='--experimental-vm-modules --disable-warning=ExperimentalWarning' npx jest libs/ping
 */
const shared = {
  rootDir: import.meta.dirname,
  testEnvironment: 'node',
  roots: ['<rootDir>/apps', '<rootDir>/libs', '<rootDir>/bench', '<rootDir>/test'],
  extensionsToTreatAsEsm: ['.ts'],
  moduleFileExtensions: ['ts', 'js', 'mjs', 'cjs', 'json', 'node'],
  moduleNameMapper: {
    '^@hexfleet/([a-z-]+)$': '<rootDir>/libs/$1/src/index.ts',
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
  setupFiles: ['reflect-metadata'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        swcrc: false,
        sourceMaps: 'inline',
        module: { type: 'es6' },
        jsc: {
          target: 'es2023',
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
          keepClassNames: true,
        },
      },
    ],
  },
};

export default {
  // A bound against hanging, not a claim about speed: shared machines may be ten times slower than a quiet one.
  testTimeout: 300_000,
  projects: [
    {
      ...shared,
      displayName: 'unit',
      testMatch: ['<rootDir>/{apps,libs,bench,test}/**/*.spec.ts'],
      testPathIgnorePatterns: ['/node_modules/', '<rootDir>/test/e2e/', '<rootDir>/test/chaos/'],
    },
    {
      ...shared,
      displayName: 'e2e',
      testMatch: ['<rootDir>/test/e2e/**/*.spec.ts'],
      setupFilesAfterEnv: ['<rootDir>/test/harness/e2e-bounds.ts'],
    },
    {
      ...shared,
      displayName: 'chaos',
      testMatch: ['<rootDir>/test/chaos/**/*.spec.ts'],
      setupFilesAfterEnv: ['<rootDir>/test/harness/e2e-bounds.ts'],
    },
  ],
};
