"""Ask a URL many times, and count the answers.

python ask.py http://127.0.0.1:8002/count/ 200 10
"""

import collections
import sys
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor

direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def status_of(url):
    """Return the status of one answer."""
    try:
        with direct.open(url, timeout=30) as answer:
            return answer.status
    except urllib.error.HTTPError as problem:
        return problem.code


if __name__ == "__main__":
    url, count, at_once = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    with ThreadPoolExecutor(at_once) as pool:
        statuses = collections.Counter(pool.map(status_of, [url] * count))
    for status, times in sorted(statuses.items()):
        print(f"{times} times status {status}")
