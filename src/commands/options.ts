import { type Command, InvalidArgumentError, Option } from 'commander';
import { typeName, typeNumber } from '../dns/constants.ts';
import { ParseError } from '../policy/problem.ts';

/** An argument that a strict parser reads; its complaint becomes commander's. */
export function parsing<T>(parse: (text: string) => T): (text: string) => T {
  return (text) => {
    try {
      return parse(text);
    } catch (error) {
      if (error instanceof ParseError) throw new InvalidArgumentError(error.message);
      throw error;
    }
  };
}

/** The same for an option that may be given several times. */
export function collecting<T>(
  parse: (text: string) => T,
): (text: string, before?: readonly T[]) => readonly T[] {
  const one = parsing(parse);
  return (text, before = []) => [...before, one(text)];
}

/** A record type as it is written everywhere: `https` and `TYPE65` are HTTPS. Throws ParseError. */
export function parseType(text: string): string {
  const number = typeNumber(text);
  if (number !== undefined) return typeName(number);
  throw new ParseError(`"${text}" is not a type; write one such as A, HTTPS or TYPE65280`);
}

/** `--policy FILE`, the same in every command. */
export function withPolicy(command: Command): Command {
  return command.addOption(
    new Option('-p, --policy <file>', 'the policy file')
      .default('policy.yaml')
      .env('TUNNELWARDEN_POLICY'),
  );
}
