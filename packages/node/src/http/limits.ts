/** What one server takes at once. Its callers are a command line, a probe and a scraper: few, small, and near. */
export interface HttpLimits {
  readonly max_connections: number
  readonly max_requests_in_flight: number
  readonly max_header_bytes: number
  readonly max_headers: number
  /** For the whole request, its headers included. */
  readonly request_timeout_ms: number
  /** Of silence on a connection, in a request, in an answer or between them. */
  readonly idle_timeout_ms: number
  /** How often the two are looked at. */
  readonly check_interval_ms: number
  readonly max_requests_per_connection: number
}

export const HTTP_LIMITS: HttpLimits = {
  max_connections: 64,
  max_requests_in_flight: 16,
  max_header_bytes: 8 * 1024,
  max_headers: 64,
  request_timeout_ms: 5_000,
  idle_timeout_ms: 15_000,
  check_interval_ms: 1_000,
  max_requests_per_connection: 1_000,
}
