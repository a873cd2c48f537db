"""What the landing page shows: one message, and whether it arrives."""

from collections.abc import Iterator

from tools.record.people import come_in, see
from tools.record.scenes import film
from tools.record.stage import Stage, side_by_side, write_naturally

CAPTIONED = """
<style>
  :root { color-scheme: light dark; }
  body {
    display: grid;
    grid-template: auto 1fr / 1fr 1fr;
    gap: 0 8px;
    height: 100vh;
    margin: 0;
    background: light-dark(#d5d9e2, #454b57);
    color: light-dark(#1a1d23, #fff);
    font: 600 1rem/1.3 system-ui, sans-serif;
  }
  p { grid-column: 1 / -1; margin: 0; padding: 8px 12px; }
  .lost { background: light-dark(#f7ccd2, #7c2230); }
  .arrives { background: light-dark(#c9ead5, #1d5a38); }
  iframe { width: 100%; height: 100%; border: 0; }
  @media (width < 30rem) {
    body { grid-template: auto 1fr 1fr / 1fr; gap: 8px 0; }
    p { min-height: 2lh; padding-bottom: 0; }
  }
</style>
<p></p><iframe></iframe><iframe></iframe>"""

# The panel is below the chat, as in any narrow window, and shows only its rows. In the
# low windows of a phone's layout, there is only the chat.
SMALL = """
.room { grid-template-rows: 19rem auto; height: 100dvh; overflow: hidden; }
.room main { gap: 0.35rem; padding-block: 0.6rem; }
#chat-log { min-height: 0; }
#wire { padding-block: 0.5rem; }
#wire :is(dl, button, th:nth-child(5), td:nth-child(5)) { display: none; }
@media (height < 24rem) { .room { grid-template-rows: 100dvh auto; } }
"""

TEXT = "oi, Bia!"
PARTS = [
    ("03", "in-memory layer", "Bia receives nothing", "lost"),
    ("04", "over Redis", "Bia receives it", "arrives"),
]

# Milliseconds.
BEFORE, A_KEY, SENT, AFTER = 1_000, 110, 700, 3_200


@film("loop")
def two_servers(stage: Stage) -> Iterator[tuple]:
    """Ana is on one server, Bia on another: first without Redis, then with it."""
    for number, layer, result, kind in PARTS:
        with stage.served(number, 2) as show, stage.pages() as [page]:
            caption = f"{number} · Two servers, {layer}"
            ana, bia = side_by_side(page, show.address("chat/"), CAPTIONED)
            for index, (frame, name) in enumerate([(bia, "Bia"), (ana, "Ana")]):
                come_in(frame, show.room("class", 1 - index), name)
                frame.add_style_tag(content=SMALL)
            write(page, caption)
            write_naturally(page, show.natural)
            yield page, BEFORE
            for key in TEXT:
                ana.locator("#chat-message-input").press_sequentially(key)
                yield page, A_KEY
            ana.locator("#chat-message-input").press("Enter")
            see(ana, TEXT)
            if kind == "arrives":
                see(bia, TEXT)
            write_naturally(page, show.natural)
            yield page, SENT
            write(page, f"{caption}: {result}", kind)
            yield page, AFTER


def write(page, caption: str, kind: str = "") -> None:
    """Write a caption above the windows, in the colour of its kind."""
    page.evaluate(
        """([text, kind]) => {
          const caption = document.querySelector("p");
          caption.textContent = text;
          caption.className = kind;
        }""",
        [caption, kind],
    )
