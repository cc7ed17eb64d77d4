import { commonSettings, jwtSettings, layoutSettings, natsSettings, port, type SettingsOf } from '@hexfleet/settings';

export const OPS_SETTINGS = {
  ...commonSettings,
  ...natsSettings,
  ...layoutSettings,
  ...jwtSettings,
  port: port(8082),
};

export type OpsSettings = SettingsOf<typeof OPS_SETTINGS>;
