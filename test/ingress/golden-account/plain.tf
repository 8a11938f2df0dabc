# Account of Example Corp at ngrok. The provider reads the API key from NGROK_API_KEY. Terraform
# keeps the authtokens in its state: guard that as you would guard them.
# Left out: 10.0.0.0/8 is private, and ngrok sees only the public address it goes out by.
# Left out: no destination is named, so no events are sent: say where by --destination.

terraform {
  required_providers {
    ngrok = {
      source  = "ngrok/ngrok"
      version = "~> 1.0"
    }
  }
}

# The name that agents dial. Its certificate is of ngrok's own CA, which agents trust. Once it is
# made, its ns_targets go into the policy.
resource "ngrok_agent_ingress" "tunnels_example_com" {
  domain      = "tunnels.example.com"
  description = "Agents of the organisation (Example Corp)"
}

# An authtoken that can publish only what its rules name.
resource "ngrok_credential" "developers" {
  description = "Agents of developers (Example Corp)"
  acl = [
    "bind:*.dev.example.com",
  ]
}

# The public addresses that the organisation goes out by.
resource "ngrok_ip_policy" "sources" {
  description = "Where we come from (Example Corp)"
}

resource "ngrok_ip_policy_rule" "n_192_0_2_0_24" {
  ip_policy_id = ngrok_ip_policy.sources.id
  action       = "allow"
  cidr         = "192.0.2.0/24"
}

# Who may use the dashboard. Others are let in, with a warning.
resource "ngrok_ip_restriction" "dashboard" {
  type        = "dashboard"
  description = "Who may use the dashboard (Example Corp)"
  enforced    = false
  ip_policy_ids = [
    ngrok_ip_policy.sources.id,
  ]
}

# Who may use the API. Others are let in, with a warning.
resource "ngrok_ip_restriction" "api" {
  type        = "api"
  description = "Who may use the API (Example Corp)"
  enforced    = false
  ip_policy_ids = [
    ngrok_ip_policy.sources.id,
  ]
}

# Where agents may connect from. Others are let in, with a warning.
resource "ngrok_ip_restriction" "agent" {
  type        = "agent"
  description = "Where agents may connect from (Example Corp)"
  enforced    = false
  ip_policy_ids = [
    ngrok_ip_policy.sources.id,
  ]
}

# Who may visit endpoints, webhooks and their senders among them. Others are let in, with a
# warning.
resource "ngrok_ip_restriction" "endpoints" {
  type        = "endpoints"
  description = "Who may visit endpoints, webhooks and their senders among them (Example Corp)"
  enforced    = false
  ip_policy_ids = [
    ngrok_ip_policy.sources.id,
  ]
}

output "authtoken_developers" {
  value     = ngrok_credential.developers.token
  sensitive = true
}
