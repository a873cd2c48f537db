// The messages of the outbox, after the log: on their way, or failed.

import { goToEnd, keepEnd } from "./log.js";
import { button, part } from "./parts.js";
import { textOf } from "./text.js";

const pending = document.querySelector("#chat-pending");

export function showPending({ cid, text, failed }, { sendAgain, edit }) {
  const item = part("p", "mine pending", "");
  item.dataset.cid = cid;
  item.append(textOf(text));
  if (failed) {
    item.classList.add("failed");
    item.firstChild.id = `text-${cid}`;
    const reason = interpolate(gettext("Not sent: %s"), [failed]);
    const buttons = [
      button(gettext("Send again"), () => sendAgain(cid)),
      button(gettext("Edit"), () => edit(cid)),
    ];
    // Other messages may have such buttons, too.
    for (const one of buttons) one.setAttribute("aria-describedby", `text-${cid}`);
    item.append(part("small", "state", reason), ...buttons);
  } else {
    item.append(part("small", "state", gettext("sending…")));
  }
  const before = itemOf(cid);
  if (before) {
    before.replaceWith(item);
    keepEnd();
  } else {
    pending.append(item);
    goToEnd();
  }
}

export function removePending(cid) {
  itemOf(cid)?.remove();
}

function itemOf(cid) {
  return pending.querySelector(`[data-cid="${CSS.escape(cid)}"]`);
}
