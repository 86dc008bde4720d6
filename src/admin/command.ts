/**
 * Orders that the operator gives: over the control socket to a running server, or from the command line
 * straight to the database. Each has a name, checks what it is given, and returns plain JSON.
 */
import * as v from 'valibot'

export interface Command {
  readonly name: string
  /** @throws CommandError when it cannot be done */
  run(args: unknown): Promise<unknown>
}
export type Commands = ReadonlyMap<string, Command>

/** What was asked cannot be done; the message says why and what to do instead. */
export class CommandError extends Error {}

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
          `${name} was given something else than it takes. Is the command line of another version than the server?`,
        )
      return run(checked.output)
    },
  }
}

/** How many rows of a list are wanted at most; the server's own limit holds too. */
export const limit = v.pipe(v.number(), v.integer(), v.minValue(1))

export const commandsOf = (...commands: readonly Command[]): Commands => new Map(commands.map((c) => [c.name, c]))

export function runCommand(commands: Commands, name: string, args: unknown): Promise<unknown> {
  const command = commands.get(name)
  if (command === undefined)
    throw new CommandError(`This server does not know "${name}". Is the command line of another version than the server?`)
  return command.run(args)
}
