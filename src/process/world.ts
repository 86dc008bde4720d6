/** What the process has of the world around it. Only `main.ts` touches the real one; everybody else is given this. */
import type { Millis } from '../base/clock.ts'
import type { Software } from '../server/feature.ts'

export type Signal = 'SIGTERM' | 'SIGINT' | 'SIGHUP'

export interface Output {
  readonly isTTY: boolean
  write(text: string): void
}

export interface Input {
  readonly isTTY: boolean
  /** All of it, or until the first line has come, without its end. */
  readLine(): Promise<string>
  /** Asks on the terminal and does not show what is typed. Null: the user gave up. */
  readSecret(prompt: string): Promise<string | null>
}

export interface World {
  /** Behind the program's name. */
  readonly args: readonly string[]
  /** How the program was called, for messages that say what to type. */
  readonly invokedAs: string
  readonly directory: string
  readonly platform: string
  readonly pid: number
  /** This program. */
  readonly software: Software
  /** Of the runtime, such as "v26.10.0". */
  readonly runtime: string
  readonly stdin: Input
  readonly stdout: Output
  readonly stderr: Output
  /** Of the environment; undefined: it is not set. */
  variable(name: string): string | undefined
  /** Runs another program to its end. Rejects when it is not there, or ends with anything but 0. */
  run(program: string, args: readonly string[]): Promise<void>
  /** Resident memory, in octets. */
  memory(): number
  onSignal(signal: Signal, run: () => void): void
  /** Of errors that nobody has caught. */
  onUncaught(run: (error: unknown) => void): void
  exit(code: number): never
  /** The same program takes the place of this one, in the same process. Returns where the platform cannot do that. */
  startAgain(): void
  /** Resolves after so long, and keeps the process alive until then. */
  pause(span: Millis): Promise<void>
}
