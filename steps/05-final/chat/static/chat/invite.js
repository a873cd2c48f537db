// The token of an invitation comes after the # of its link, so no server logs it.

import { copyOnClick } from "./copy.js";
import { remember, remembered } from "./memory.js";

const input = document.querySelector("#invite-token");
const link = document.querySelector("#invite-link");

const token = location.hash.slice(1);
if (token) {
  remember("invite", token); // until after the login
  history.replaceState(null, "", location.pathname);
}
if (input) {
  input.value = token || (remembered("invite") ?? "");
  input.form.querySelector("button").disabled = false;
}

copyOnClick(document.querySelector("#invite-copy"), () => {
  link.select(); // so that the person can copy it, too
  return link.value;
});
