/** A command that could not do what it was asked; the message says why and what to do. Exit 1. */
export class CommandFailure extends Error {
  override name = 'CommandFailure';
}

/** A command asked for in a way it does not understand; the message names the value. Exit 2. */
export class UsageFailure extends Error {
  override name = 'UsageFailure';
}
