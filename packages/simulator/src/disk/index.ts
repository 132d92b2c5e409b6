export { SimDisk, type SimDiskOptions } from './sim-disk.ts'
