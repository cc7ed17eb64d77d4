import { build, isBuilt } from './build.mjs';
import { installPackages, packagesAreInstalled } from './packages.mjs';
import { withSetUpLock } from './set-up-lock.mjs';

/**
 * Brings a clone to where its programs run: packages installed, sources built. Does nothing that is done already, and
 * then says nothing and takes milliseconds. Safe to be called by several processes at once.
 *
 * @param {{ withBuild?: boolean }} options
 * @throws PlainError when a step fails; its text holds the step's output. Stopped, one of them, when told to stop.
 */
export async function setUp({ withBuild = true } = {}) {
  const isDone = () => packagesAreInstalled() && (!withBuild || isBuilt());
  if (isDone()) return;
  await withSetUpLock(async (noteChild) => {
    if (!packagesAreInstalled()) await installPackages(noteChild);
    if (withBuild && !isBuilt()) await build(noteChild);
  });
}
