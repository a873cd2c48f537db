// Buttons that copy something.

const status = document.querySelector("#copy-status");

export function copyOnClick(button, getText) {
  button?.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(getText());
      status.textContent = gettext("Copied.");
      setTimeout(() => (status.textContent = ""), 5_000);
    } catch {
      // Plain HTTP has no clipboard, and people can forbid it.
      const excuse = gettext("This browser does not copy for a page. Copy it yourself: %s");
      status.textContent = interpolate(excuse, [getText()]);
    }
  });
}
