export { MovementBook, type MovementBookInit, type MovementBookModules } from './book.ts'
export type { Coin, Movement, Payment, ToldMovement } from './movement.ts'
export { lastTold, MAX_TOLD, readCoins, readFacts, readTold } from './rows.ts'
