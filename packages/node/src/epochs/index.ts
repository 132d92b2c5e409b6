export { type Place, Seat } from './seat.ts'
