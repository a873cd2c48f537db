/* What the labs are made of: elements, labelled controls, one region that announces.
 *
 * A control has `box`, the element to put into the lab, and `value`, which can be set.
 * `change` is called with the new value whenever the reader changes it.
 */

const SVG = "http://www.w3.org/2000/svg";
const SETTLED = 250; // ms without another change, before a result is announced
let count = 0; // of ids

/** Make an element. `onclick: f` listens; true is an empty attribute, false none. */
export function element(name, attributes = {}, ...children) {
  return filled(document.createElement(name), attributes, children);
}

/** Make an element of a drawing. */
export function svg(name, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, name), attributes, children);
}

function filled(made, attributes, children) {
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(key.slice(2), value);
    else if (value !== false && value != null) {
      made.setAttribute(key, value === true ? "" : value);
    }
  }
  made.append(...children.flat());
  return made;
}

/** Make a slider with its value beside it; `written` returns the words of a value. */
export function range({ label, min, max, step = 1, value, written = String, change }) {
  const id = newId();
  const input = element("input", { type: "range", id, min, max, step, value });
  const output = element("output", { for: id, "aria-live": "off" });
  const show = () => {
    output.textContent = written(Number(input.value));
    input.setAttribute("aria-valuetext", output.textContent);
  };
  input.addEventListener("input", () => {
    show();
    change?.(Number(input.value));
  });
  show();
  const head = element("span", { class: "lab-label" });
  head.append(element("label", { for: id }, label), output);
  return control(element("div", { class: "lab-control" }, head, input), input, {
    get: () => Number(input.value),
    set: (next) => {
      input.value = next;
      show();
    },
  });
}

/** Make a field for a text or, with `type: "number"`, for a number.
 *
 * `check(value)` returns a sentence that says what is wrong with it, or nothing. `change`
 * is called only with what is right; a number is then a Number.
 */
export function field({ label, type = "text", value, check, change, ...attributes }) {
  const id = newId();
  const input = element("input", {
    type,
    id,
    value,
    autocomplete: "off",
    spellcheck: "false",
    "aria-describedby": `${id}-problem`,
    ...attributes,
  });
  const problem = element("p", { class: "lab-problem", id: `${id}-problem` });
  problem.hidden = true;
  const read = () => (type === "number" ? input.valueAsNumber : input.value);
  const judge = () => {
    const wrong = check?.(read());
    problem.textContent = wrong || "";
    problem.hidden = !wrong;
    input.toggleAttribute("aria-invalid", Boolean(wrong));
    if (wrong) input.setAttribute("aria-invalid", "true");
    return !wrong;
  };
  input.addEventListener("input", () => judge() && change?.(read()));
  const box = element("div", { class: "lab-control" });
  box.append(element("label", { class: "lab-label", for: id }, label), input, problem);
  return control(box, input, {
    get: read,
    set: (next) => {
      input.value = next;
      judge();
    },
  });
}

/** Make a list to choose from; `options` are pairs: value and words. */
export function choice({ label, options, value, change }) {
  const id = newId();
  const select = element(
    "select",
    { id },
    options.map(([key, words]) => element("option", { value: key }, words)),
  );
  select.value = value ?? options[0][0];
  select.addEventListener("change", () => change?.(select.value));
  const head = element("label", { class: "lab-label", for: id }, label);
  return control(element("div", { class: "lab-control" }, head, select), select, {
    get: () => select.value,
    set: (next) => (select.value = next),
  });
}

/** Make a box to tick. */
export function tick({ label, value = false, change }) {
  const input = element("input", { type: "checkbox", checked: value });
  input.addEventListener("change", () => change?.(input.checked));
  const box = element("label", { class: "lab-control lab-tick" }, input, label);
  return control(box, input, {
    get: () => input.checked,
    set: (next) => (input.checked = next),
  });
}

function control(box, input, { get, set }) {
  return Object.defineProperty({ box, input }, "value", { get, set });
}

/** Make a button. */
export function button(words, onclick, attributes = {}) {
  const own = { type: "button", class: "lab-button", ...attributes, onclick };
  return element("button", own, words);
}

/** Make a table: its caption, the heads of its columns, and rows that begin with a name. */
export function table(caption, heads, rows) {
  const cell = (words) => element("td", {}, words);
  const head = heads.map((words) => element("th", { scope: "col" }, words));
  const body = rows.map(([name, ...values]) =>
    element("tr", {}, element("th", { scope: "row" }, name), values.map(cell)),
  );
  return element(
    "table",
    { class: "lab-table" },
    element("caption", {}, caption),
    element("thead", {}, element("tr", {}, cell(""), head)),
    element("tbody", {}, body),
  );
}

/** Make a list of names and what they are. */
export function list(rows) {
  const row = ([name, words]) =>
    element("div", {}, element("dt", {}, name), element("dd", {}, words));
  return element("dl", { class: "lab-reading" }, rows.map(row));
}

/** Make the sentence that says what a lab simplifies. */
export function simplified(words) {
  return element("p", { class: "lab-simple" }, `Simplified: ${words}`);
}

/** Make the controls of a lab, side by side where there is room. */
export function controls(...children) {
  return element("div", { class: "lab-controls" }, ...children);
}

/** Make the one region of a lab that announces its result, politely.
 *
 * `say` waits until nothing has changed for a moment, so that a screen reader reads the
 * result of a slider and not each of its steps. `now` doesn't wait.
 */
export function status() {
  const box = element("p", { class: "lab-status", role: "status" });
  let timer;
  const now = (words) => {
    clearTimeout(timer);
    if (box.textContent !== words) box.textContent = words;
  };
  const say = (words) => {
    clearTimeout(timer);
    timer = setTimeout(now, SETTLED, words);
  };
  return { box, say, now };
}

/** Return whether the reader asks for less motion; a lab then shows how it ends. */
export function prefersReducedMotion() {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}

/** Call `frame(seconds)` until `seconds` have passed, then `end()`; return what stops it.
 *
 * With less motion, it ends at once.
 */
export function play(seconds, frame, end) {
  if (prefersReducedMotion()) {
    frame(seconds);
    end?.();
    return () => {};
  }
  let begun;
  let handle = requestAnimationFrame(next);
  return () => cancelAnimationFrame(handle);

  function next(now) {
    begun ??= now;
    const passed = Math.min(seconds, (now - begun) / 1000);
    frame(passed);
    if (passed < seconds) handle = requestAnimationFrame(next);
    else end?.();
  }
}

/** Draw into a box again whenever its width changes; `draw(width)` returns its content.
 *
 * A drawing as wide as its box has letters as large as those of the text around it.
 * Returns what draws it again.
 */
export function fitted(box, draw) {
  let width = 0;
  const again = () => width && box.replaceChildren(...draw(width));
  new ResizeObserver(() => {
    const now = Math.round(box.clientWidth);
    if (now === width) return;
    width = now;
    again();
  }).observe(box);
  return again;
}

/** Return a number for people: so many digits that mean something, and commas. */
export function digits(value, meaningful = 3) {
  if (!Number.isFinite(value)) return "–";
  if (value === 0) return "0";
  const places = meaningful - 1 - Math.floor(Math.log10(Math.abs(value)));
  const rounded = Math.round(value * 10 ** places) / 10 ** places;
  const fraction = Math.max(0, Math.min(places, 20));
  return rounded.toLocaleString("en-GB", { maximumFractionDigits: fraction });
}

/** Return "1 byte", "2 bytes". */
export function plural(number, one, many = `${one}s`) {
  return `${number.toLocaleString("en-GB")} ${number === 1 ? one : many}`;
}

function newId() {
  count += 1;
  return `lab-part-${count}`;
}
