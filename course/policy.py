"""The site's Content-Security-Policy: what a page of it may load, run and reach.

A server of ours sends it as a header. Each page also has it as a <meta> tag, for hosts
that send no headers of one's own, such as GitHub Pages.
"""

import base64
import hashlib
import re
from collections.abc import Iterable
from pathlib import Path

SCRIPT = re.compile(r"<script\b([^>]*)>(.*?)</script>", re.DOTALL)
# A script in a file of its own, and data that no browser runs.
NOT_INLINE = re.compile(r"""\bsrc=|\btype=["']?application/""")
HEAD = re.compile(r"<head>\s*<meta charset=[^>]*>")


def policy(scripts: Iterable[str]) -> str:
    """Return the policy of pages that have these inline scripts."""
    inline = "".join(f" '{digest}'" for digest in sorted(set(map(hash_of, scripts))))
    return "; ".join(
        [
            "default-src 'self'",
            # The playground is Python, compiled to WebAssembly.
            f"script-src 'self' 'wasm-unsafe-eval'{inline}",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "connect-src 'self' blob:",
            "worker-src 'self' blob:",
            "frame-src 'self'",
            "object-src 'none'",
            "base-uri 'self'",
            "form-action 'self'",
        ]
    )


def hash_of(script: str) -> str:
    """Return what allows one inline script: the hash of its text."""
    digest = hashlib.sha256(script.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"


def inline_scripts(page: str) -> list[str]:
    """Return the scripts that a page has between its tags."""
    return [
        text for words, text in SCRIPT.findall(page) if not NOT_INLINE.search(words)
    ]


def with_policy(page: str) -> str:
    """Return a page with its policy in a tag, above everything that the policy is about."""
    tag = (
        '<meta http-equiv="Content-Security-Policy"'
        f' content="{policy(inline_scripts(page))}">'
    )
    return HEAD.sub(lambda found: f"{found[0]}\n{tag}", page, count=1)


def policy_of(site: Path) -> str:
    """Return one policy for all pages of a built site."""
    pages = (path.read_text("utf-8") for path in site.rglob("*.html"))
    return policy(script for page in pages for script in inline_scripts(page))
