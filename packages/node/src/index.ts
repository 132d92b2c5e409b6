export { type NodeConfig, loadConfig } from './config/index.ts'
export { NodeError, type NodeErrorCode } from './errors.ts'
export { type Logger, createLogger } from './logging/index.ts'
export { type NodeModules, type RunningNode, startNode } from './node.ts'
