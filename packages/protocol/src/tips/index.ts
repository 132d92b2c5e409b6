export { ECLIPSE_PERIODS, LASTING_PERIODS, STUCK_PERIODS, TIP_CLASSES, type TipClass } from './classes.ts'
export { isUnwell } from './unwell.ts'
