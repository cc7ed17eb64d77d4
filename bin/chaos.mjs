#!/usr/bin/env node
// `npm run chaos`: a whole Hexfleet under load while its processes and servers die, for some minutes.
// This file alone is read by whatever Node is there, so it speaks the oldest dialect, and imports only past the check.
var nodeVersion = process.versions.node.split('.').map(Number);
if (nodeVersion[0] < 20 || (nodeVersion[0] === 20 && nodeVersion[1] < 19)) {
  console.error('Hexfleet needs Node.js 20.19 or newer; this is', process.versions.node);
  process.exit(1);
}
// biome-ignore lint/security/noGlobalEval: in the open, import() would be a syntax error before the check.
eval("import('./chaos-run.mjs')");
