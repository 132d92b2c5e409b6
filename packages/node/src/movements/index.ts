export { MovementBook, type MovementBookInit, type MovementBookModules } from './book.ts'
export { type Movement, type Payment, type ToldMovement } from './movement.ts'
export { lastTold, MAX_TOLD, readCoins, readFacts, readTold } from './rows.ts'
