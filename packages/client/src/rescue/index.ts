export type { Coin, Waiting } from './coin.ts'
export { type Situation, guideOf } from './guide.ts'
export { laddersOf } from './ladders.ts'
export { type RescueEnd, type RescueEvent, type RescueInit, rescue } from './rescue.ts'
