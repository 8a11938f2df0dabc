import type { Account } from './account.ts';

/** Something that has no API: a person does it, once, and can say that it is done. */
export type Chore = { readonly title: string; readonly what: string; readonly where: string };

/** What no file can set up, and what to do by hand after one has been applied. */
export function checklistOf({ ingresses, networks, enforced, bots }: Account): readonly Chore[] {
  return [
    {
      title: 'Single sign-on',
      what: 'let everyone log in to the dashboard through your identity provider, and require it',
      where: 'dashboard; there is no API',
    },
    {
      title: 'Second factor',
      what: 'require it of every member, or let the identity provider require it',
      where: 'dashboard; there is no API',
    },
    {
      title: 'Domain controls',
      what:
        'claim your e-mail domain, so that its addresses log in through your sign-on only and open no ' +
        'accounts of their own; existing accounts are not merged, private addresses are not covered',
      where: "ngrok's customer success team; they name the TXT record that proves the domain",
    },
    {
      title: 'Administrators',
      what: 'keep them few; give everyone else a role that cannot change what this sets up',
      where: 'dashboard',
    },
    ...ingresses.map(({ domain, exists }) => ({
      title: `Delegation of ${domain}`,
      what: exists
        ? 'see that its NS records are published and right'
        : 'put its `ns_targets` into the policy once it is made, and publish its NS records',
      where: exists
        ? '`tunnelwarden ingress verify`'
        : '`tunnelwarden ingress import`, then `tunnelwarden ingress records`',
    })),
    {
      title: 'Authtokens',
      what:
        'revoke those without rules: an authtoken without an ACL may publish anything; ' +
        (bots.length === 0
          ? 'give each program a token of its own (--bot)'
          : 'give each token to the program it was made for only; it is shown once'),
      where: 'dashboard, or GET https://api.ngrok.com/credentials',
    },
    ...(networks.length > 0 && !enforced
      ? [
          {
            title: 'Address restrictions',
            what: 'they warn only: watch who would be refused, then make these files again with --enforce',
            where: 'dashboard',
          },
        ]
      : []),
    ...(networks.length > 0 && enforced
      ? [
          {
            title: 'Address restrictions',
            what: 'see that you come from one of the networks before you apply them: they can lock you out',
            where: 'dashboard',
          },
        ]
      : []),
    {
      title: 'Agents',
      what: 'point them at your own ingress, and close the default door',
      where: '`tunnelwarden ingress agent-config`, `tunnelwarden generate`',
    },
  ];
}
