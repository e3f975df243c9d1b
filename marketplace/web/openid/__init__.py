"""Signing in through the organisation, by OpenID Connect: the code flow with PKCE."""
