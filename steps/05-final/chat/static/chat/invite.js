// The token of an invitation stands behind the # of its link, so no server ever logs it.

import { copyAtClick } from "./copy.js";

const input = document.querySelector("#invite-token");
const link = document.querySelector("#invite-link");

if (location.hash) {
  sessionStorage.setItem("invite", location.hash.slice(1)); // until after the login
  history.replaceState(null, "", location.pathname);
}
if (input) {
  input.value = sessionStorage.getItem("invite") ?? "";
  input.form.querySelector("button").disabled = false; // until here, it had no token
}

copyAtClick(document.querySelector("#invite-copy"), () => {
  link.select(); // for whoever must copy by hand
  return link.value;
});
