export { HttpError, type HttpErrorCode } from './errors.ts'
export type { HttpLimits } from './limits.ts'
export { type HttpInit, type HttpModules, type HttpServer, createHttp } from './server.ts'
