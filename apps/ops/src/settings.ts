import {
  commonSettings,
  hygieneSettings,
  jwtSettings,
  layoutSettings,
  natsSettings,
  port,
  type SettingsOf,
} from '@hexfleet/settings';

export const OPS_SETTINGS = {
  ...commonSettings,
  ...natsSettings,
  ...layoutSettings,
  ...jwtSettings,
  /** Of the first policy; see hygieneSettings. */
  ...hygieneSettings,
  port: port(8082),
};

export type OpsSettings = SettingsOf<typeof OPS_SETTINGS>;

/** Where providers find the settings. */
export const SETTINGS = Symbol('ops settings');
