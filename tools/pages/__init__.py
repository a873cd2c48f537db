"""What a page shows of the code and of recorded runs: a small Markdown extension.

Alone on a line, with any indentation:

    ::: code 03-inmemory-layer/chat/consumers.py
    ::: code 03-inmemory-layer/chat/consumers.py ChatConsumer.connect
    ::: code 05-final/chat/sockets.py Socket.__doc__
    ::: code compose.yaml
    ::: section 05-final/chat/README.md How a message travels
    ::: diff 03 04 config/settings.py
    ::: changes 03 04
    ::: output 03-run-two
    ::: table steps listen-100 requests_per_delivery bytes_per_delivery
    ::: bars steps busy-100-4 server_us_per_delivery
    ::: machine steps
    ::: goals 05
    ::: versions
    ::: capabilities
    ::: diagram 01-asking
    ::: notebook 1-what-asking-costs
    ::: museum 03
    ::: error no-layer
    ::: closing codes
    ::: speaker-notes
    ::: plan four-hours
    ::: demos
    ::: quiz 03
    ::: lab polling

In a sentence, one figure, or how many times larger one chat's is than another's:

    {{ steps listen-100 03 p50_ms }}
    {{ steps listen-100 01-long-128-threads:03 bytes_per_delivery }}

What is not there stops the build. A Markdown extension and not a MkDocs hook, because
MkDocs and its successor Zensical both run extensions.

directives   finds the lines above in a page
listings     code, diffs, outputs, and sections of Markdown files
names        a part of a file by its name
measured     tables, bars and figures out of docs/data
manifest     what steps.toml says
museum       errors and close codes
notebooks    a notebook as a page
plans        timetables for a class, out of docs/data/plans.toml
labs         ideas to move, each with its text
quiz         the questions of a quiz, with their answers folded
plots        a plot of a notebook, in the colours of the page
speaker      what an instructor says beside the slides of a lesson
diagrams     a drawn SVG, and its upright variant for phones
"""

from tools.pages.directives import PagesExtension


def makeExtension(**options) -> PagesExtension:
    """Return the extension; Markdown calls this for `tools.pages`."""
    return PagesExtension(**options)
