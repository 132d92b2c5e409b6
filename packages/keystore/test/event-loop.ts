/** Waits until the event loop has turned once, finalisers included. */
export async function nextTurn(): Promise<void> {
  await new Promise((resolve) => { setImmediate(resolve) })
  await new Promise((resolve) => { setImmediate(resolve) })
}
