import { commentLines } from '../comment.ts';
import type { Account } from './account.ts';
import { block, expression, type Hcl, map } from './hcl.ts';
import { planAccount, type Resource, type Value } from './plan.ts';

const PROVIDER = `terraform {
  required_providers {
    ngrok = {
      source  = "ngrok/ngrok"
      version = "~> 1.0"
    }
  }
}`;

/** The account as a Terraform module for version 1 of the provider `ngrok/ngrok`. */
export function printTerraform(account: Account): string {
  const { resources, variables } = planAccount(account);
  const parts = [
    [
      ...commentLines(
        `Account of ${account.organisation} at ngrok. The provider reads the API key from NGROK_API_KEY. ` +
          'Terraform keeps the authtokens in its state: guard that as you would guard them.',
      ),
      ...account.notes.flatMap((note) => commentLines(`Left out: ${note}.`)),
    ].join('\n'),
    PROVIDER,
    ...variables.map(({ name, description, sensitive }) =>
      block(`variable "${name}"`, {
        description,
        type: expression('string'),
        ...(sensitive ? { sensitive: true } : {}),
      }),
    ),
    ...resources.map(printResource),
    ...resources.filter(({ hasToken }) => hasToken).map(printToken),
  ];
  return `${parts.join('\n\n')}\n`;
}

function printResource({ type, word, comment: text, fields }: Resource): string {
  const values = Object.fromEntries(
    Object.entries(fields).map(([key, value]) => [key, hclOf(value)]),
  );
  const head = text === '' ? [] : commentLines(text);
  return [...head, block(`resource "${type}" "${word}"`, values)].join('\n');
}

/** Told by `terraform output -raw`, once: the API never says a token again. */
function printToken({ type, word }: Resource): string {
  return block(`output "authtoken_${word}"`, {
    value: expression(`${type}.${word}.token`),
    sensitive: true,
  });
}

function hclOf(value: Value): Hcl {
  switch (value.kind) {
    case 'given':
      return value.value;
    case 'variable':
      return expression(`var.${value.name}`);
    case 'made':
      return expression(`${value.resource}.${value.field}`);
    case 'list':
      return value.items.map(hclOf);
    case 'map':
      return map(
        Object.fromEntries(Object.entries(value.fields).map(([key, field]) => [key, hclOf(field)])),
      );
  }
}
