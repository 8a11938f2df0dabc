/** Who can log visitors in, by the documentation of ngrok's `oauth` action (checked 2026-08). */
export const OAUTH_PROVIDERS = [
  'amazon',
  'facebook',
  'github',
  'gitlab',
  'google',
  'linkedin',
  'microsoft',
  'twitch',
] as const;

/** Those for which ngrok has no app of its own, so that the policy has to bring one. */
export const OWN_APP_ONLY: readonly string[] = ['amazon', 'facebook'];

/** Identity providers that people look for under `oauth`, and that `openid-connect` serves. */
export const OIDC_INSTEAD: readonly string[] = [
  'adfs',
  'auth0',
  'azure',
  'azuread',
  'entra',
  'keycloak',
  'okta',
  'onelogin',
  'ping',
  'pingid',
];

/** Whose webhooks the `verify-webhook` action can check (documentation, checked 2026-08). */
export const WEBHOOK_PROVIDERS: readonly string[] = `
  aftership airship alchemy autodesk bitbucket bolt box brex buildkite calendly castle chargify circleci
  clearbit clerk coinbase contentful docusign dropbox facebook_graph_api facebook_messenger frameio github
  gitlab go1 graphcms heroku hostedhooks hubspot instagram intercom jira launch_darkly linear mailchimp
  mailgun microsoft_teams modern_treasury mongodb mux orb orbit pagerduty pinwheel plivo pusher sendgrid
  sentry shopify signal_sciences slack sns sonatype square stripe svix terraform tiktok
  trendmicro_conformity twilio twitter typeform vmware webex whatsapp worldline xero zendesk zoom
`
  .trim()
  .split(/\s+/);
