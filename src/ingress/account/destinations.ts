/** Something the printed files ask for when they are used, as it differs by place or must not be in them. */
export type Variable = {
  readonly name: string;
  readonly description: string;
  /** Kept out of what Terraform prints; its state has it all the same. */
  readonly sensitive?: true;
};

/** Where events go: the shape of its `target`, each leaf the name of a variable. */
export type Destination = {
  readonly id: DestinationId;
  readonly title: string;
  readonly target: Target;
  readonly variables: readonly Variable[];
};

export type Target = { readonly [key: string]: string | Target };

export const DESTINATION_IDS = ['cloudwatch', 'datadog', 'firehose', 'kinesis', 'azure'] as const;
export type DestinationId = (typeof DESTINATION_IDS)[number];

/** A role that ngrok assumes; long-lived keys work as well, and leak. */
const role = (prefix: string, what: string): readonly [Target, Variable] => [
  { role: { role_arn: `${prefix}_role_arn` } },
  {
    name: `${prefix}_role_arn`,
    description: `The AWS role that ngrok assumes to write to the ${what}`,
  },
];

function awsDestination(
  id: DestinationId,
  key: string,
  arn: string,
  title: string,
  what: string,
): Destination {
  const [auth, roleArn] = role(id, what);
  return {
    id,
    title,
    target: { [key]: { auth, [arn]: `${id}_${arn}` } },
    variables: [
      { name: `${id}_${arn}`, description: `The ARN of the ${what} that gets the events` },
      roleArn,
    ],
  };
}

export const DESTINATIONS: readonly Destination[] = [
  awsDestination(
    'cloudwatch',
    'cloudwatch_logs',
    'log_group_arn',
    'Amazon CloudWatch Logs',
    'log group',
  ),
  {
    id: 'datadog',
    title: 'Datadog',
    target: {
      datadog: {
        api_key: 'datadog_api_key',
        ddsite: 'datadog_site',
        ddtags: 'datadog_tags',
        service: 'datadog_service',
      },
    },
    variables: [
      { name: 'datadog_api_key', description: 'An API key of Datadog', sensitive: true },
      { name: 'datadog_site', description: 'The Datadog site, such as datadoghq.eu' },
      { name: 'datadog_tags', description: 'Tags that the events carry, such as env:prod' },
      { name: 'datadog_service', description: 'The service that the events carry' },
    ],
  },
  awsDestination(
    'firehose',
    'firehose',
    'delivery_stream_arn',
    'Amazon Data Firehose (also the way to S3)',
    'delivery stream',
  ),
  awsDestination('kinesis', 'kinesis', 'stream_arn', 'Amazon Kinesis', 'stream'),
  {
    id: 'azure',
    title: 'Azure Monitor, Logs Ingestion',
    target: {
      azure_logs_ingestion: {
        tenant_id: 'azure_tenant_id',
        client_id: 'azure_client_id',
        client_secret: 'azure_client_secret',
        logs_ingestion_uri: 'azure_logs_ingestion_uri',
        data_collection_rule_id: 'azure_data_collection_rule_id',
        data_collection_stream_name: 'azure_data_collection_stream_name',
      },
    },
    variables: [
      { name: 'azure_tenant_id', description: 'The tenant of the Azure account' },
      { name: 'azure_client_id', description: 'The application that ngrok acts as' },
      {
        name: 'azure_client_secret',
        description: 'The secret of that application',
        sensitive: true,
      },
      {
        name: 'azure_logs_ingestion_uri',
        description: 'The logs ingestion URI of the data collection endpoint',
      },
      {
        name: 'azure_data_collection_rule_id',
        description: 'The immutable id of the data collection rule',
      },
      { name: 'azure_data_collection_stream_name', description: 'The stream that gets the events' },
    ],
  },
];
