// Buttons that copy something.

const status = document.querySelector("#copy-status");
const LONG_ENOUGH = 5_000; // milliseconds to read that something was copied

/** At a click on a button, copy what `textOf()` returns, and say so. */
export function copyAtClick(button, textOf) {
  button?.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(textOf());
      status.textContent = gettext("Copied.");
      setTimeout(() => (status.textContent = ""), LONG_ENOUGH);
    } catch {
      // Over plain HTTP there is no clipboard, and people may forbid it.
      const excuse = gettext("Copy it by hand, this browser does not let a page do it: %s");
      status.textContent = interpolate(excuse, [textOf()]);
    }
  });
}
