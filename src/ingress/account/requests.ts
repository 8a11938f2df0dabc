import { jsonLine } from '../../text.ts';
import type { Account } from './account.ts';
import { checklistOf } from './checklist.ts';
import { planAccount, type Value } from './plan.ts';

/** The JSON of a request's body; `{{…}}` stands for what is known only later. */
type Json = string | boolean | readonly Json[] | { readonly [key: string]: Json };

/**
 * The account as requests to ngrok's API in the order they have to be made. `{{TYPE.WORD.id}}` is a field
 * of the reply to an earlier one, `{{var.NAME}}` a value of the reader's.
 */
export function printRequests(account: Account): string {
  const { resources, variables } = planAccount(account);
  const parts = {
    api: jsonLine({
      base: 'https://api.ngrok.com',
      headers: {
        Authorization: 'Bearer {{var.api_key}}',
        'Ngrok-Version': '2',
        'Content-Type': 'application/json',
      },
    }),
    variables: listed([
      { name: 'api_key', description: 'An API key of the account', sensitive: true },
      ...variables.map(({ name, description, sensitive = false }) => ({
        name,
        description,
        sensitive,
      })),
    ]),
    requests: listed(
      resources.map(({ type, word, path, fields, comment }) => ({
        id: `${type}.${word}`,
        ...(comment === '' ? {} : { why: comment }),
        method: 'POST',
        path,
        body: jsonOf({ kind: 'map', fields }),
      })),
    ),
    notes: listed(account.notes),
    checklist: listed(checklistOf(account)),
  };
  const lines = Object.entries(parts).map(([key, text]) => `  "${key}": ${text}`);
  return `{\n${lines.join(',\n')}\n}\n`;
}

/** An item a line, so that a change shows as one. */
function listed(items: readonly unknown[]): string {
  if (items.length === 0) return '[]';
  return `[\n${items.map((item) => `    ${jsonLine(item)}`).join(',\n')}\n  ]`;
}

function jsonOf(value: Value): Json {
  switch (value.kind) {
    case 'given':
      return value.value;
    case 'variable':
      return `{{var.${value.name}}}`;
    case 'made':
      return `{{${value.resource}.${value.field}}}`;
    case 'list':
      return value.items.map(jsonOf);
    case 'map':
      return Object.fromEntries(
        Object.entries(value.fields).map(([key, field]) => [key, jsonOf(field)]),
      );
  }
}
