/** A way to ask a node, e.g. by `fetch` with its bearer token. */
export interface NodeReader {
  /** @param what below `/api/v1/` @returns the `result` of the answer */
  get(what: string): Promise<unknown>
}
