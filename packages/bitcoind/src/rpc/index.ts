export { createRpcClient, type CallOptions, type RpcClient, type RpcClientOptions, type RpcEndpoint } from './client.ts'
export type { RpcCall, RpcOutcome, RpcParams } from './codec.ts'
export type { RpcCredentials } from './credentials.ts'
