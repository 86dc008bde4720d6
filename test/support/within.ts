/** For tests of what happens in other processes: waits for an event, but not for ever. */

/** What `promise` gives. @throws Error naming `what` was waited for, after `ms` */
export async function within<T>(ms: number, what: string | (() => string), promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | null = null
  const over = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`Waited ${ms} ms in vain for ${typeof what === 'string' ? what : what()}`)), ms)
  })
  try {
    return await Promise.race([promise, over])
  } finally {
    clearTimeout(timer!)
  }
}
