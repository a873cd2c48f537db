// The token of an invitation stands behind the # of its link, so no server ever logs it.

const input = document.querySelector("#invite-token");
const copy = document.querySelector("#invite-copy");

if (location.hash) {
  sessionStorage.setItem("invite", location.hash.slice(1)); // until after the login
  history.replaceState(null, "", location.pathname);
}
if (input) input.value = sessionStorage.getItem("invite") ?? "";

copy?.addEventListener("click", async () => {
  const link = document.querySelector("#invite-link");
  link.select(); // for whoever must copy by hand
  const status = document.querySelector("#invite-status");
  try {
    await navigator.clipboard.writeText(link.value);
    status.textContent = "Copied.";
  } catch {
    status.textContent = "Copy the link by hand: this browser does not let a page do it.";
  }
});
