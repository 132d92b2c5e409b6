export { LostSharesAlarm } from './notices.ts'
export { type OpenedEpoch, openEpochs } from './open.ts'
export type { Seat, SeatWallets } from './seat.ts'
export { Seats } from './seats.ts'
