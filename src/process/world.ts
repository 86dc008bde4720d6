/** The process's access to the outside world. Only `main.ts` uses the real one; all other code receives this object. */
import type { Millis } from '../base/clock.ts'
import type { Software } from '../server/feature.ts'

export type Signal = 'SIGTERM' | 'SIGINT' | 'SIGHUP'

export interface Output {
  readonly isTTY: boolean
  write(text: string): void
}

export interface Input {
  readonly isTTY: boolean
  /** All input, or the text up to the first line end, without it. */
  readLine(): Promise<string>
  /** Asks on the terminal without showing what is typed. Null if the user gave up. */
  readSecret(prompt: string): Promise<string | null>
}

export interface World {
  /** The arguments after the program's name. */
  readonly args: readonly string[]
  /** How the program was called, for messages that say what to type. */
  readonly invokedAs: string
  readonly directory: string
  readonly platform: string
  readonly pid: number
  /** This program. */
  readonly software: Software
  /** The version of the runtime, such as "v26.10.0". */
  readonly runtime: string
  readonly stdin: Input
  readonly stdout: Output
  readonly stderr: Output
  /** A variable of the environment; undefined if it is not set. */
  variable(name: string): string | undefined
  /** Runs another program to its end. Rejects if the program does not exist, or exits with a code other than 0. */
  run(program: string, args: readonly string[]): Promise<void>
  /** Resident memory, in octets. */
  memory(): number
  onSignal(signal: Signal, run: () => void): void
  /** Called for errors that no code has caught. */
  onUncaught(run: (error: unknown) => void): void
  exit(code: number): never
  /** Replaces this process by the same program, started again. Returns if the platform cannot do that. */
  startAgain(): void
  /** Resolves after `span`, and keeps the process alive until then. */
  pause(span: Millis): Promise<void>
}
