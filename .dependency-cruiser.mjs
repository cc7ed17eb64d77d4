/**
 * Which part may use which. The core decides and knows no outside system; each outside system enters by one door; apps
 * put them together. Each rule's comment says what it protects.
 */
const CORE = [
  'geodesy',
  'ping',
  'geo-partition',
  'driver-record',
  'ping-batch',
  'partition-table',
  'writer-membership',
  'nearest-search',
  'fleet-simulation',
  'trace',
  'wire',
  'shed-policy',
  'load-shedding',
  'shed-trial',
];
/** Door → the packages that only it may import (and the libs that it lends them to), and the libs of other doors that it may. */
const DOORS = {
  cells: { owns: ['h3-js'] },
  'ping-bus': { owns: ['@nats-io/[^/]+'] },
  'location-store': { owns: ['ioredis'] },
  access: { owns: ['jose'] },
  telemetry: { owns: ['pino', 'pino-pretty', 'prom-client'] },
  settings: { owns: ['zod'], lendsTo: ['shed-policy'] },
  'policy-store': { owns: [], mayUse: ['ping-bus'] },
  'web-edge': { owns: ['@nestjs/platform-fastify'], mayUse: ['access', 'telemetry', 'settings'] },
  'embedded-servers': { owns: [] },
  'ping-client': { owns: [] },
};
const APPS = ['gateway', 'location-writer', 'nearby', 'ops', 'cli'];

const any = (names) => `(${names.join('|')})`;
const lib = (names) => `^libs/${any(names)}/`;
const packages = (names) => `(^|/)node_modules/${any(names)}/`;
const SPECS = '\\.(spec|fixture)\\.ts$';
/** Programs, libs, specs, and what is started or loaded by its name. */
const ENTRIES = [
  '^(apps/[^/]+|bench)/src/main\\.ts$',
  '^libs/[^/]+/src/index\\.ts$',
  '\\.spec\\.ts$',
  '^bench/src/ingest/load-process\\.ts$',
  '^bench/src/drill/fleet-process\\.ts$',
  '^bench/peers/naive-service\\.ts$',
  '^test/harness/e2e-bounds\\.ts$',
  '^test/simulation/src/(main|seeds-worker)\\.ts$',
  '^test/summary-reporter/',
];
const doorNames = Object.keys(DOORS);

/** One rule a door: whoever else imports the outside system's client is named. Tests and benches may look at it. */
const doorRules = Object.entries(DOORS).flatMap(([door, { owns, mayUse = [], lendsTo = [] }]) => [
  ...owns.map((owned) => ({
    name: `only-${door}-imports-${owned.replace('/[^/]+', '')}`,
    comment: `This outside system enters by libs/${door} alone, so that replacing it touches one folder.`,
    severity: 'error',
    from: { path: '^(apps|libs)/', pathNot: [lib([door, ...lendsTo]), SPECS] },
    to: { path: packages([owned]) },
  })),
  {
    name: `${door}-imports-no-other-door`,
    comment: 'Doors are put together by apps, not by each other.',
    severity: 'error',
    from: { path: `^libs/${door}/`, pathNot: SPECS },
    to: { path: lib(doorNames.filter((name) => name !== door && !mayUse.includes(name))) },
  },
]);

const appRules = APPS.map((app) => ({
  name: `${app}-imports-no-other-app`,
  comment: 'Apps talk over NATS, Redis and HTTP; the command line starts the others as processes.',
  severity: 'error',
  from: { path: `^apps/${app}/` },
  to: { path: '^apps/', pathNot: `^apps/${app}/` },
}));

export default {
  forbidden: [
    ...doorRules,
    ...appRules,
    {
      name: 'core-uses-core-only',
      comment: 'The core is pure: what it needs of the outside comes in as arguments.',
      severity: 'error',
      from: { path: lib(CORE), pathNot: SPECS },
      to: { path: '^(libs|apps)/', pathNot: lib(CORE) },
    },
    {
      name: 'core-has-no-packages',
      comment:
        'No Nest, no clients of servers, no process, file or network. Only the protobuf runtime, for the wire, and zod, for policies.',
      severity: 'error',
      from: { path: lib(CORE), pathNot: SPECS },
      to: {
        dependencyTypesNot: ['local', 'aliased', 'aliased-tsconfig', 'aliased-tsconfig-paths', 'type-only'],
        pathNot: packages(['@bufbuild/protobuf', 'zod']),
      },
    },
    {
      name: 'only-embedded-servers-and-cli-start-processes',
      comment: 'Starting programs is the business of embedded-servers, and of the command line that starts the apps.',
      severity: 'error',
      from: { path: '^(apps|libs)/', pathNot: ['^libs/embedded-servers/', '^apps/cli/', SPECS] },
      to: { path: '^(node:)?child_process$' },
    },
    {
      name: 'microservices-in-apps-and-ping-bus',
      comment: 'The transport strategy lies in ping-bus; patterns and bootstraps lie in apps.',
      severity: 'error',
      from: { path: '^libs/', pathNot: '^libs/ping-bus/' },
      to: { path: packages(['@nestjs/microservices']) },
    },
    {
      name: 'libs-import-no-app',
      comment: 'Dependencies run one way: apps use libs.',
      severity: 'error',
      from: { path: '^libs/', pathNot: SPECS },
      to: { path: '^apps/' },
    },
    {
      name: 'libs-are-entered-by-index',
      comment: 'What index.ts does not export is free to change.',
      severity: 'error',
      from: { path: '^libs/([^/]+)/' },
      to: { path: '^libs/([^/]+)/', pathNot: ['^libs/$1/', '^libs/[^/]+/src/index\\.ts$'] },
    },
    {
      name: 'libs-are-entered-by-index-from-outside',
      comment: 'What index.ts does not export is free to change.',
      severity: 'error',
      from: { path: '^(apps|bench|test)/' },
      to: { path: '^libs/', pathNot: '^libs/[^/]+/src/index\\.ts$' },
    },
    {
      name: 'nothing-imports-tests-or-benches',
      comment: 'The product stands without its tests.',
      severity: 'error',
      from: { path: '^(apps|libs)/', pathNot: SPECS },
      to: { path: '^(test|bench)/|\\.(spec|fixture)\\.ts$' },
    },
    {
      name: 'no-cycles',
      comment: 'A cycle is one thing in two files.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-dead-files',
      comment: 'A file that no entry leads to is dead.',
      severity: 'error',
      from: { path: ENTRIES },
      to: { path: '^(apps|libs|bench|test)/', pathNot: ENTRIES, reachable: false },
    },
    {
      name: 'nothing-unresolvable',
      comment: 'An import that leads nowhere.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'no-dev-packages-in-the-product',
      comment: 'What the product imports must be among its dependencies.',
      severity: 'error',
      from: { path: '^(apps|libs)/', pathNot: SPECS },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['type-only'] },
    },
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: ['^dist/', '^libs/wire/src/generated/'] },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      extensions: ['.ts', '.js', '.mjs', '.json'],
    },
  },
};
