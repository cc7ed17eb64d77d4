import { type Difference, differences, type PolicyChange, type PolicyState } from '@hexfleet/shed-policy';

/** A version as the history and the audit tell it. */
export type ToldVersion = PolicyChange & Pick<PolicyState, 'version'>;

/** What differs between two policies, a line a field: `- path: before`, `+ path: after`. */
export function differenceLines(before: unknown, after: unknown): string[] {
  return differences(before, after).flatMap(linesOf);
}

/** A version of the history on one line. */
export function versionLine(told: ToldVersion): string {
  const { version, action, author, atMs, reason, toVersion, overrideId } = told;
  const about = toVersion === undefined ? overrideId : `to ${toVersion}`;
  const what = about === undefined ? action : `${action} ${about}`;
  const why = reason === undefined ? '' : `: ${reason}`;
  return `${String(version).padStart(6)}  ${new Date(atMs).toISOString()}  ${author}  ${what}${why}`;
}

function linesOf({ path, before, after }: Difference): string[] {
  return [
    ...(before === undefined ? [] : [`- ${path}: ${JSON.stringify(before)}`]),
    ...(after === undefined ? [] : [`+ ${path}: ${JSON.stringify(after)}`]),
  ];
}
