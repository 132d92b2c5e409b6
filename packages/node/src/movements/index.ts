export { MovementBook, type MovementBookInit, type MovementBookModules } from './book.ts'
export { type Movement, type Payment, type ToldMovement } from './movement.ts'
export { lastTold, readCoins, readTold } from './rows.ts'
