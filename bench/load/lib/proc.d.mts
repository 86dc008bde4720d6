/** Types of as much of the load generator's accounting as programs in TypeScript use. */
/** CPU of the trees of processes, in milliseconds. */
export function cpu(roots: readonly number[]): { readonly user: number; readonly sys: number; readonly total: number }
