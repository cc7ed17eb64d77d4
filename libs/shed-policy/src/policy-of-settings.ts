import { fittedToTtl, type PolicyBounds } from './read-policy.js';
import { DEFAULT_POLICY, type PolicyHygiene, type ShedPolicy } from './shed-policy.js';

/** The policy to begin with: the default one, with hygiene as the settings have it and silences that fit the time to live. */
export function policyOfSettings(settings: PolicyHygiene & PolicyBounds): ShedPolicy {
  const { maxAgeMs, futureToleranceMs, maxAccuracyM, maxSpeedMps } = settings;
  const hygiene = { maxAgeMs, futureToleranceMs, maxAccuracyM, maxSpeedMps };
  return fittedToTtl({ ...DEFAULT_POLICY, hygiene }, settings);
}
