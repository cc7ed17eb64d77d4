#!/usr/bin/env node
// `npm test`: sets up what is missing, then runs every test. Arguments go on to Jest.
// This file alone is read by whatever Node is there, so it speaks the oldest dialect, and imports only past the check.
var nodeVersion = process.versions.node.split('.').map(Number);
if (nodeVersion[0] < 20 || (nodeVersion[0] === 20 && nodeVersion[1] < 19)) {
  console.error('Hexfleet needs Node.js 20.19 or newer; this is', process.versions.node);
  console.error('Get one from https://nodejs.org, or with a version manager: "nvm install 22" or "fnm install 22".');
  console.log('0 passed, 1 failed');
  process.exit(1);
}
// biome-ignore lint/security/noGlobalEval: in the open, import() would be a syntax error before the check.
eval("import('./test-run.mjs')");
