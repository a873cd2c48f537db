// The token of an invitation comes after the # of its link, so no server logs it.

import { copyOnClick } from "./copy.js";

const input = document.querySelector("#invite-token");
const link = document.querySelector("#invite-link");

if (location.hash) {
  sessionStorage.setItem("invite", location.hash.slice(1)); // until after the login
  history.replaceState(null, "", location.pathname);
}
if (input) {
  input.value = sessionStorage.getItem("invite") ?? "";
  input.form.querySelector("button").disabled = false;
}

copyOnClick(document.querySelector("#invite-copy"), () => {
  link.select(); // so that the person can copy it, too
  return link.value;
});
