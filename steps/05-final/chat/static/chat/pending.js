// What the person has sent and nobody has seen yet: on its way, or not sent.

import { goToEnd, textOf } from "./log.js";
import { button, part } from "./parts.js";

const pending = document.querySelector("#chat-pending");

/** Show how it stands with a message: `{cid, text}`, and `failed`, a reason, if it has. */
export function showPending(message, { sendAgain, edit }) {
  const item = document.createElement("p");
  item.dataset.cid = message.cid;
  const text = textOf(message.text);
  item.append(text);
  if (message.failed) {
    item.className = "pending failed";
    text.id = `text-${message.cid}`;
    const reason = interpolate(gettext("Not sent: %s"), [message.failed]);
    const buttons = [
      button(gettext("Send again"), () => sendAgain(message.cid)),
      button(gettext("Edit"), () => edit(message.cid)),
    ];
    // Which message: there may be several such buttons.
    for (const one of buttons) one.setAttribute("aria-describedby", text.id);
    item.append(part("small", "state", reason), ...buttons);
  } else {
    item.className = "pending";
    item.append(part("small", "state", gettext("sending…")));
  }
  const before = itemOf(message.cid);
  if (before) {
    before.replaceWith(item);
  } else {
    pending.append(item);
  }
  goToEnd();
}

/** Take a message away: it is in the log, or back in the hands of the person. */
export function removePending(cid) {
  if (cid) itemOf(cid)?.remove();
}

function itemOf(cid) {
  return pending.querySelector(`[data-cid="${CSS.escape(cid)}"]`);
}
