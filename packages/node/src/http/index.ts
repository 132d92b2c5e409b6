export { API_TOKEN_FILE } from './api-token.ts'
export { HttpError, type HttpErrorCode } from './errors.ts'
export { HTTP_LIMITS, type HttpLimits } from './limits.ts'
export { type HttpInit, type HttpModules, type HttpServer, createHttp } from './server.ts'
