/**
 * Commands of the operator: sent over the control socket to a running server, or run by the command line directly on the
 * database. Each has a name, checks its arguments, and returns plain JSON.
 */
import * as v from 'valibot'

export interface Command {
  readonly name: string
  /** @throws CommandError if it cannot be done */
  run(args: unknown): Promise<unknown>
}
export type Commands = ReadonlyMap<string, Command>

/** Why a command cannot be carried out: something of that name exists, or does not exist, or what was given is wrong. */
export type Refusal = 'exists' | 'missing' | 'wrong'

/** A command cannot be carried out. The message says why, and what to do instead. */
export class CommandError extends Error {
  readonly refusal: Refusal

  constructor(message: string, refusal: Refusal = 'wrong') {
    super(message)
    this.refusal = refusal
  }
}

export function defineCommand<S extends v.ObjectEntries>(
  name: string,
  args: S,
  run: (args: v.InferOutput<v.StrictObjectSchema<S, undefined>>) => unknown,
): Command {
  const schema = v.strictObject(args)
  return {
    name,
    run: async (given) => {
      const checked = v.safeParse(schema, given)
      if (!checked.success)
        throw new CommandError(
          `${name} was given arguments that it does not take. Is the command line of another version than the server?`,
        )
      return run(checked.output)
    },
  }
}

/** The most rows that the caller wants. The server's own limit applies too. */
export const limit = v.pipe(v.number(), v.integer(), v.minValue(1))

export const commandsOf = (...commands: readonly Command[]): Commands => new Map(commands.map((c) => [c.name, c]))

export function runCommand(commands: Commands, name: string, args: unknown): Promise<unknown> {
  const command = commands.get(name)
  if (command === undefined)
    throw new CommandError(`This server does not know "${name}". Is the command line of another version than the server?`)
  return command.run(args)
}
