"""Floor of P2: the two bare signatures of a message, RSA-2048 and Ed25519, with nothing around them; CPU, so that neighbours do not matter.

Usage: python -m tests.bench.limits.bare_sign COUNT    prints one JSON object
"""

import hashlib
import json
import sys
import time
from collections.abc import Callable

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256

HEADERS = b"x" * 1500  # octets of the signed headers of one of our messages


def cost_us(sign: Callable[[], bytes], count: int) -> float:
    """CPU microseconds a call."""
    sign()
    start = time.process_time()
    for _ in range(count):
        sign()
    return (time.process_time() - start) / count * 1e6


def main() -> None:
    """Measures and prints both."""
    count = int(sys.argv[1])
    rsa, ed25519 = generate_private_key(65537, 2048), Ed25519PrivateKey.generate()
    padding, algorithm = PKCS1v15(), SHA256()
    figures = {
        "rsa_us": cost_us(lambda: rsa.sign(HEADERS, padding, algorithm), count),
        "ed25519_us": cost_us(lambda: ed25519.sign(hashlib.sha256(HEADERS).digest()), count),
    }
    sys.stdout.write(json.dumps(figures) + "\n")


if __name__ == "__main__":
    main()
