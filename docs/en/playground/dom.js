/* What the playground's page is made of: elements, buttons, tabs, a question. */

/** Make an element. `onclick: f` listens; true is an empty attribute, false is none. */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(key.slice(2), value);
    else if (value !== false && value != null) made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.flat());
  return made;
}

export function button(text, onclick, attributes = {}) {
  return element("button", { type: "button", onclick, ...attributes }, text);
}

/** Make an element of HTML that the build has made (content.json), never of a reader's text. */
export function rich(html, attributes = {}) {
  const made = element("div", attributes);
  made.innerHTML = html ?? "";
  return made;
}

/** Return a phrase of content.json, which is inline HTML of the build. */
export function phrase(html) {
  const made = element("span");
  made.innerHTML = html;
  return made;
}

/** Draw again what is in a place; the focus and the reader's place in it stay. */
export function redraw(place, nodes) {
  const { scrollTop } = place;
  const active = place.contains(document.activeElement) ? document.activeElement : null;
  const { id, dataset = {} } = active ?? {};
  place.replaceChildren(...nodes);
  place.scrollTop = scrollTop;
  if (!active) return;
  const same = id ? `#${CSS.escape(id)}` : dataset.choice ? `[data-choice="${dataset.choice}"]` : "h3";
  (place.querySelector(same) ?? place.querySelector("h3"))?.focus({ preventScroll: true });
}

/** Scroll inside a place, and only there, until one of its elements is at its top. */
export function scrollTo(place, selector) {
  const found = place.querySelector(selector);
  if (found) place.scrollTop += found.getBoundingClientRect().top - place.getBoundingClientRect().top - 8;
}

/** Make a select of [value, text] pairs. */
export function select(attributes, pairs, onChoose) {
  const made = element("select", { ...attributes, onchange: () => onChoose(made.value) });
  choices(made, pairs);
  return made;
}

export function choices(made, pairs, chosen) {
  made.replaceChildren(...pairs.map(([value, text]) => element("option", { value }, text)));
  if (chosen !== undefined) made.value = chosen;
}

/** Let the arrow keys move between the tabs of a list, as the ARIA practices ask. */
export function arrowKeys(list) {
  list.addEventListener("keydown", (event) => {
    const tabs = [...list.querySelectorAll('[role="tab"]')].filter((tab) => tab.offsetParent);
    const now = tabs.indexOf(event.target);
    const to = { ArrowLeft: now - 1, ArrowRight: now + 1, Home: 0, End: tabs.length - 1 }[event.key];
    if (now < 0 || to === undefined) return;
    event.preventDefault();
    const tab = tabs.at(to % tabs.length);
    tab.focus();
    tab.click();
  });
}

/** Mark one tab of a list as selected. */
export function selectTab(list, chosen) {
  for (const tab of list.querySelectorAll('[role="tab"]')) {
    tab.setAttribute("aria-selected", String(tab === chosen));
    tab.tabIndex = tab === chosen ? 0 : -1;
  }
}

/** Show a dialog until one of its buttons is pressed; return that button's value, or "". */
export function dialog(title, content, answers, attributes = {}) {
  const heading = element("h2", { id: "play-dialog-title" }, title);
  const buttons = answers.map(([value, text], index) =>
    element("button", { value, class: index ? "" : "play-primary" }, text),
  );
  const box = element(
    "dialog",
    { class: "play-dialog", "aria-labelledby": "play-dialog-title", ...attributes },
    element(
      "form",
      { method: "dialog" },
      heading,
      element("div", { class: "play-dialog-content" }, content),
      element("p", { class: "play-buttons" }, buttons),
    ),
  );
  // Inside the app, for its styles; not inside a form or an element that is hidden.
  document.querySelector(".play").append(box);
  box.showModal();
  return new Promise((resolve) => {
    box.addEventListener("close", () => {
      resolve(box.returnValue);
      box.remove();
    });
  });
}

/** Ask a yes-or-no question; no answer is no. */
export async function ask(question, yes, no = "Cancel") {
  return (await dialog(question, [], [["yes", yes], ["", no]])) === "yes";
}
