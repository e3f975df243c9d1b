"""An organisation's OpenID Connect provider, as a program: oidc-provider-mock at its own port.

Prints its port. To what the package does it adds PKCE, which it then insists on, public clients,
and three doors of the test: `PUT /lies` has the next ID tokens say something else, `POST /rotation`
changes its key, and `GET /visits` counts what was asked for.
"""

import base64
import hashlib
import hmac
import json
import sys
from collections import Counter
from typing import Any
from urllib.parse import parse_qs, urlsplit

import flask
import oidc_provider_mock
from authlib import jose
from joserfc import jwt
from joserfc.jwk import RSAKey
from oidc_provider_mock._app import AuthorizationCodeGrant
from werkzeug.serving import make_server

_CHALLENGES: dict[str, str] = {}
_LIES: dict[str, Any] = {}
_VISITS: Counter[str] = Counter()


def provider() -> flask.Flask:
    """The provider with what the tests add."""
    AuthorizationCodeGrant.TOKEN_ENDPOINT_AUTH_METHODS = ["client_secret_basic", "none"]
    app = oidc_provider_mock.app(require_nonce=True)
    app.before_request(_insist_on_the_verifier)
    app.after_request(_remember_the_challenge)
    app.after_request(_lie)
    app.add_url_rule("/lies", "lies", _set_lies, methods=["PUT"])
    app.add_url_rule("/rotation", "rotation", _rotate, methods=["POST"])
    app.add_url_rule("/visits", "visits", lambda: flask.jsonify(_VISITS))
    return app


def _set_lies() -> tuple[str, int]:
    _LIES.clear()
    _LIES.update(flask.request.get_json())
    return "", 204


def _rotate() -> tuple[str, int]:
    options = {"kid": f"key-{_VISITS['rotations']}"}
    _VISITS["rotations"] += 1
    key = jose.RSAKey.generate_key(is_private=True, options=options)
    flask.g.oidc_provider_mock_storage.jwk = key
    return "", 204


def _insist_on_the_verifier() -> Any:
    _VISITS[flask.request.path] += 1
    if flask.request.path != "/oauth2/token":
        return None
    form = flask.request.form
    digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
    sent = base64.urlsafe_b64encode(digest).decode().rstrip("=")
    if _CHALLENGES.pop(form.get("code", ""), None) != sent:
        return flask.jsonify({"error": "invalid_grant", "error_description": "no verifier"}), 400
    return None


def _remember_the_challenge(response: flask.Response) -> flask.Response:
    code = parse_qs(urlsplit(response.headers.get("location", "")).query).get("code")
    if code and flask.request.args.get("code_challenge_method") == "S256":
        _CHALLENGES[code[0]] = flask.request.args["code_challenge"]
    return response


def _lie(response: flask.Response) -> flask.Response:
    if flask.request.path != "/oauth2/token" or response.status_code != 200 or not _LIES:
        return response
    tokens = json.loads(response.get_data())
    payload = tokens["id_token"].split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    claims.update(_LIES.get("claims", {}))
    claims.update({name: claims[name] + more for name, more in _LIES.get("later", {}).items()})
    for name in _LIES.get("without", ()):
        claims.pop(name, None)
    tokens["id_token"] = _signed(claims, _LIES.get("signed", "well"))
    response.set_data(json.dumps(tokens))
    return response


def _signed(claims: dict[str, Any], how: str) -> str:
    own = flask.g.oidc_provider_mock_storage.jwk
    known = own.as_dict(is_private=True)
    if how == "not at all":
        return f"{_parts({'alg': 'none'}, claims)}."
    if how == "by the public key as a secret":
        signed = _parts({"alg": "HS256"}, claims)
        seal = hmac.new(RSAKey.import_key(known).as_pem(private=False), signed.encode(), "sha256")
        return f"{signed}.{base64.urlsafe_b64encode(seal.digest()).decode().rstrip('=')}"
    key = RSAKey.import_key(known) if how == "well" else RSAKey.generate_key(2048)
    header = {"alg": "RS256", "kid": known.get("kid") or own.thumbprint()}
    return jwt.encode(header, claims, key)


def _parts(*parts: dict[str, Any]) -> str:
    """The head and the body of a token."""
    texts = (base64.urlsafe_b64encode(json.dumps(part).encode()).decode() for part in parts)
    return ".".join(text.rstrip("=") for text in texts)


if __name__ == "__main__":
    server = make_server("127.0.0.1", 0, provider(), threaded=True)
    sys.stdout.write(f"{server.server_port}\n")
    sys.stdout.flush()
    server.serve_forever()
