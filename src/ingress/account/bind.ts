import { parseName } from '../../policy/name.ts';
import { ParseError } from '../../policy/problem.ts';

/** A rule of an authtoken's ACL, `bind:*.dev.example.com`. */
export type BindRule = string & { readonly [bindBrand]: true };
declare const bindBrand: unique symbol;

const LABEL = /^(?:\*|[\w.-]+)=(?:\*|[\w.-]+)$/;

/**
 * Reads what an agent may publish: a name, all below a name (`*.dev.example.com`) or labels
 * (`team=web`). What would let it publish anything is refused. Throws ParseError.
 */
export function parseBindRule(text: string): BindRule {
  const what = text.replace(/^bind:/, '');
  if (what === '*' || what === '*=*' || what === '') {
    throw new ParseError(
      `"${text}" restricts nothing; name what agents may publish, such as *.dev.example.com`,
    );
  }
  if (what.includes('=')) {
    if (LABEL.test(what)) return `bind:${what}` as BindRule;
    throw new ParseError(`"${text}" is not a label; write one such as team=web or team=*`);
  }
  const isWildcard = what.startsWith('*.');
  const name = parseName(isWildcard ? what.slice(2) : what);
  if (!/^[a-z0-9-]+(\.[a-z0-9-]+)+$/.test(name)) {
    const reason = isWildcard
      ? 'all of a top-level domain'
      : 'not a name that an endpoint can have';
    throw new ParseError(`"${text}" is ${reason}; write one such as *.dev.example.com`);
  }
  return `bind:${isWildcard ? '*.' : ''}${name}` as BindRule;
}
