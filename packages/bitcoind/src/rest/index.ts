export { createRestClient, type RestClient, type RestClientOptions } from './client.ts'
