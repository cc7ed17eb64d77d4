/** Where providers find the bus to the other apps. */
export const CONTROL_BUS = Symbol('control bus');
