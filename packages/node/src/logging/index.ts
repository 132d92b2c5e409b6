export { chainLog, networkLog, tellLog } from './adapters.ts'
export { type ChainLogEvent, type LogEvent, type NodeEvent, NODE_EVENTS } from './events.ts'
export { LOG_LEVELS, LogError, type LogDestination, type LogFields, type LogLevel, type Logger, type LoggerOptions, createLogger } from './logger.ts'
export { type Printable, printable } from './printable.ts'
