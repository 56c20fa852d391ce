"""python -m mats_portal.healthcheck livez|healthz: ask this container's own web server, as a container probe does.

`livez` says whether this process answers, `healthz` whether database, Redis and workers do as well.
"""

import os
import sys
from http.client import HTTPConnection, HTTPException

PORT = 8000
PATIENCE_SECONDS = 4


def main(question: str) -> int:
    """Ask, print the answer and return the exit status."""
    # The server answers to its public names only, so the probe calls it by one of them.
    name = os.environ.get("ALLOWED_HOSTS", "localhost").split(",")[0]
    connection = HTTPConnection("127.0.0.1", PORT, timeout=PATIENCE_SECONDS)
    try:
        connection.request("GET", f"/{question}", headers={"Host": name})
        answer = connection.getresponse()
    except (OSError, HTTPException) as error:
        print(f"no answer: {error}")
        return 1
    print(answer.status, answer.read(500).decode(errors="replace"))
    return 0 if answer.status == 200 else 1


if __name__ == "__main__":
    if sys.argv[1:] not in (["livez"], ["healthz"]):
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1]))
