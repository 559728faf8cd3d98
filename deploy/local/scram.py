"""Turn a password into PostgreSQL's SCRAM verifier, so that no password is in a statement a server might log."""

import base64
import hashlib
import hmac
import secrets

ITERATIONS = 4096  # PostgreSQL's own default; our passwords are random, so more would buy nothing


def scram_verifier(password: str) -> str:
    """What `ALTER ROLE ... PASSWORD` stores for an ASCII password (RFC 5803, as libpq's \\password sends it)."""
    salt = secrets.token_bytes(16)
    salted = hashlib.pbkdf2_hmac("sha256", password.encode("ascii"), salt, ITERATIONS)
    stored_key = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    server_key = hmac.digest(salted, b"Server Key", "sha256")
    parts = [base64.b64encode(each).decode("ascii") for each in (salt, stored_key, server_key)]
    return f"SCRAM-SHA-256${ITERATIONS}:{parts[0]}${parts[1]}:{parts[2]}"
