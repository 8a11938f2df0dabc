# Account of Ex"ample ${self} %{ if } \ <U+202E><U+000A>Ltd at ngrok. The provider reads the API
# key from NGROK_API_KEY. Terraform keeps the authtokens in its state: guard that as you would
# guard them.

terraform {
  required_providers {
    ngrok = {
      source  = "ngrok/ngrok"
      version = "~> 1.0"
    }
  }
}

variable "cloudwatch_log_group_arn" {
  description = "The ARN of the log group that gets the events"
  type        = string
}

variable "cloudwatch_role_arn" {
  description = "The AWS role that ngrok assumes to write to the log group"
  type        = string
}

variable "datadog_api_key" {
  description = "An API key of Datadog"
  type        = string
  sensitive   = true
}

variable "datadog_site" {
  description = "The Datadog site, such as datadoghq.eu"
  type        = string
}

variable "datadog_tags" {
  description = "Tags that the events carry, such as env:prod"
  type        = string
}

variable "datadog_service" {
  description = "The service that the events carry"
  type        = string
}

variable "firehose_delivery_stream_arn" {
  description = "The ARN of the delivery stream that gets the events"
  type        = string
}

variable "firehose_role_arn" {
  description = "The AWS role that ngrok assumes to write to the delivery stream"
  type        = string
}

variable "kinesis_stream_arn" {
  description = "The ARN of the stream that gets the events"
  type        = string
}

variable "kinesis_role_arn" {
  description = "The AWS role that ngrok assumes to write to the stream"
  type        = string
}

variable "azure_tenant_id" {
  description = "The tenant of the Azure account"
  type        = string
}

variable "azure_client_id" {
  description = "The application that ngrok acts as"
  type        = string
}

variable "azure_client_secret" {
  description = "The secret of that application"
  type        = string
  sensitive   = true
}

variable "azure_logs_ingestion_uri" {
  description = "The logs ingestion URI of the data collection endpoint"
  type        = string
}

variable "azure_data_collection_rule_id" {
  description = "The immutable id of the data collection rule"
  type        = string
}

variable "azure_data_collection_stream_name" {
  description = "The stream that gets the events"
  type        = string
}

# The name that agents dial. Let's Encrypt issues its certificate; CAA records have to permit that.
# Once it is made, its ns_targets go into the policy.
resource "ngrok_agent_ingress" "tunnels_example_com" {
  domain      = "tunnels.example.com"
  description = "Agents of the organisation (Ex\"ample $${self} %%{ if } \\ \u202e\nLtd)"
  certificate_management_policy = {
    authority        = "letsencrypt"
    private_key_type = "rsa"
  }
}

# The name that agents dial. Its certificate is of ngrok's own CA, which agents trust. The policy
# knows its targets, so it may exist: import it (its id begins with agin_) instead of making it
# again.
resource "ngrok_agent_ingress" "connect_example_net" {
  domain      = "connect.example.net"
  description = "Agents of the organisation (Ex\"ample $${self} %%{ if } \\ \u202e\nLtd)"
}

# An authtoken that can publish only what its rules name.
resource "ngrok_credential" "developers" {
  description = "Agents of developers (Ex\"ample $${self} %%{ if } \\ \u202e\nLtd)"
  acl = [
    "bind:app.example.com",
    "bind:*.dev.example.com",
    "bind:team=*",
  ]
}

# A program (bot user), which stays when the person who set it up leaves.
resource "ngrok_service_user" "ci" {
  name   = "ci"
  active = true
}

# The authtoken of ci.
resource "ngrok_credential" "bot_ci" {
  description = "ci (Ex\"ample $${self} %%{ if } \\ \u202e\nLtd)"
  acl = [
    "bind:app.example.com",
    "bind:*.dev.example.com",
    "bind:team=*",
  ]
  owner_id = ngrok_service_user.ci.id
}

# A program (bot user), which stays when the person who set it up leaves.
resource "ngrok_service_user" "ci_2" {
  name   = "CI"
  active = true
}

# The authtoken of CI.
resource "ngrok_credential" "bot_ci_2" {
  description = "CI (Ex\"ample $${self} %%{ if } \\ \u202e\nLtd)"
  acl = [
    "bind:app.example.com",
    "bind:*.dev.example.com",
    "bind:team=*",
  ]
  owner_id = ngrok_service_user.ci_2.id
}

# A program (bot user), which stays when the person who set it up leaves.
resource "ngrok_service_user" "developers" {
  name   = "developers"
  active = true
}

# The authtoken of developers.
resource "ngrok_credential" "bot_developers" {
  description = "developers (Ex\"ample $${self} %%{ if } \\ \u202e\nLtd)"
  acl = [
    "bind:app.example.com",
    "bind:*.dev.example.com",
    "bind:team=*",
  ]
  owner_id = ngrok_service_user.developers.id
}

# The public addresses that the organisation goes out by.
resource "ngrok_ip_policy" "sources" {
  description = "Where we come from (Ex\"ample $${self} %%{ if } \\ \u202e\nLtd)"
}

resource "ngrok_ip_policy_rule" "n_192_0_2_1_32" {
  ip_policy_id = ngrok_ip_policy.sources.id
  action       = "allow"
  cidr         = "192.0.2.1/32"
}

resource "ngrok_ip_policy_rule" "n_2001_db8_32" {
  ip_policy_id = ngrok_ip_policy.sources.id
  action       = "allow"
  cidr         = "2001:db8::/32"
}

# Who may use the dashboard. Others are refused.
resource "ngrok_ip_restriction" "dashboard" {
  type        = "dashboard"
  description = "Who may use the dashboard (Ex\"ample $${self} %%{ if } \\ \u202e\nLtd)"
  enforced    = true
  ip_policy_ids = [
    ngrok_ip_policy.sources.id,
  ]
}

# Where agents may connect from. Others are refused.
resource "ngrok_ip_restriction" "agent" {
  type        = "agent"
  description = "Where agents may connect from (Ex\"ample $${self} %%{ if } \\ \u202e\nLtd)"
  enforced    = true
  ip_policy_ids = [
    ngrok_ip_policy.sources.id,
  ]
}

# Amazon CloudWatch Logs.
resource "ngrok_event_destination" "cloudwatch" {
  description = "Amazon CloudWatch Logs (Ex\"ample $${self} %%{ if } \\ \u202e\nLtd)"
  format      = "json"
  target = {
    cloudwatch_logs = {
      auth = {
        role = {
          role_arn = var.cloudwatch_role_arn
        }
      }
      log_group_arn = var.cloudwatch_log_group_arn
    }
  }
}

# Datadog.
resource "ngrok_event_destination" "datadog" {
  description = "Datadog (Ex\"ample $${self} %%{ if } \\ \u202e\nLtd)"
  format      = "json"
  target = {
    datadog = {
      api_key = var.datadog_api_key
      ddsite  = var.datadog_site
      ddtags  = var.datadog_tags
      service = var.datadog_service
    }
  }
}

# Amazon Data Firehose (also the way to S3).
resource "ngrok_event_destination" "firehose" {
  description = "Amazon Data Firehose (also the way to S3) (Ex\"ample $${self} %%{ if } \\ \u202e\nLtd)"
  format      = "json"
  target = {
    firehose = {
      auth = {
        role = {
          role_arn = var.firehose_role_arn
        }
      }
      delivery_stream_arn = var.firehose_delivery_stream_arn
    }
  }
}

# Amazon Kinesis.
resource "ngrok_event_destination" "kinesis" {
  description = "Amazon Kinesis (Ex\"ample $${self} %%{ if } \\ \u202e\nLtd)"
  format      = "json"
  target = {
    kinesis = {
      auth = {
        role = {
          role_arn = var.kinesis_role_arn
        }
      }
      stream_arn = var.kinesis_stream_arn
    }
  }
}

# Azure Monitor, Logs Ingestion.
resource "ngrok_event_destination" "azure" {
  description = "Azure Monitor, Logs Ingestion (Ex\"ample $${self} %%{ if } \\ \u202e\nLtd)"
  format      = "json"
  target = {
    azure_logs_ingestion = {
      tenant_id                   = var.azure_tenant_id
      client_id                   = var.azure_client_id
      client_secret               = var.azure_client_secret
      logs_ingestion_uri          = var.azure_logs_ingestion_uri
      data_collection_rule_id     = var.azure_data_collection_rule_id
      data_collection_stream_name = var.azure_data_collection_stream_name
    }
  }
}

# Every session of an agent, and every change of the account.
resource "ngrok_event_subscription" "security" {
  description = "Sessions and changes (Ex\"ample $${self} %%{ if } \\ \u202e\nLtd)"
  destination_ids = [
    ngrok_event_destination.cloudwatch.id,
    ngrok_event_destination.datadog.id,
    ngrok_event_destination.firehose.id,
    ngrok_event_destination.kinesis.id,
    ngrok_event_destination.azure.id,
  ]
  sources = [
    { type = "agent_session_start.v0" },
    { type = "agent_session_stop.v0" },
    { type = "api_key_created.v0" },
    { type = "api_key_updated.v0" },
    { type = "api_key_deleted.v0" },
    { type = "certificate_authority_created.v0" },
    { type = "certificate_authority_updated.v0" },
    { type = "certificate_authority_deleted.v0" },
    { type = "domain_created.v0" },
    { type = "domain_updated.v0" },
    { type = "domain_deleted.v0" },
    { type = "event_destination_created.v0" },
    { type = "event_destination_updated.v0" },
    { type = "event_destination_deleted.v0" },
    { type = "event_subscription_created.v0" },
    { type = "event_subscription_updated.v0" },
    { type = "event_subscription_deleted.v0" },
    { type = "ip_policy_created.v0" },
    { type = "ip_policy_updated.v0" },
    { type = "ip_policy_deleted.v0" },
    { type = "ip_policy_rule_created.v0" },
    { type = "ip_policy_rule_updated.v0" },
    { type = "ip_policy_rule_deleted.v0" },
    { type = "ip_restriction_created.v0" },
    { type = "ip_restriction_updated.v0" },
    { type = "ip_restriction_deleted.v0" },
    { type = "secret_created.v0" },
    { type = "secret_updated.v0" },
    { type = "secret_deleted.v0" },
    { type = "ssh_certificate_authority_created.v0" },
    { type = "ssh_certificate_authority_updated.v0" },
    { type = "ssh_certificate_authority_deleted.v0" },
    { type = "ssh_host_certificate_created.v0" },
    { type = "ssh_host_certificate_updated.v0" },
    { type = "ssh_host_certificate_deleted.v0" },
    { type = "ssh_public_key_created.v0" },
    { type = "ssh_public_key_updated.v0" },
    { type = "ssh_public_key_deleted.v0" },
    { type = "ssh_user_certificate_created.v0" },
    { type = "ssh_user_certificate_updated.v0" },
    { type = "ssh_user_certificate_deleted.v0" },
    { type = "tcp_address_created.v0" },
    { type = "tcp_address_updated.v0" },
    { type = "tcp_address_deleted.v0" },
    { type = "tls_certificate_created.v0" },
    { type = "tls_certificate_updated.v0" },
    { type = "tls_certificate_deleted.v0" },
    { type = "tunnel_credential_created.v0" },
    { type = "tunnel_credential_updated.v0" },
    { type = "tunnel_credential_deleted.v0" },
    { type = "vault_created.v0" },
    { type = "vault_updated.v0" },
    { type = "vault_deleted.v0" },
  ]
}

output "authtoken_developers" {
  value     = ngrok_credential.developers.token
  sensitive = true
}

output "authtoken_bot_ci" {
  value     = ngrok_credential.bot_ci.token
  sensitive = true
}

output "authtoken_bot_ci_2" {
  value     = ngrok_credential.bot_ci_2.token
  sensitive = true
}

output "authtoken_bot_developers" {
  value     = ngrok_credential.bot_developers.token
  sensitive = true
}
