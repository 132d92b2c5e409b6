export { ConfigError, type ConfigErrorCode } from './errors.ts'
export { type LoadOptions, type LoadedConfig, type PrintedSetting, loadConfig, printConfig } from './load.ts'
export { type FeeWalletConfig, type NodeConfig, isLoopback } from './node-config.ts'
export {
  SETTING_KEYS,
  type SettingKey,
  type SettingKind,
  flagOf,
  isSettingKey,
  settings,
  variableOf,
} from './settings.ts'
export type { Environment, FlagValue, Flags, Found, Origin } from './sources.ts'
