// Pieces of a page.

/** Return an element that holds a text. */
export function part(tag, className, text) {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = text; // never innerHTML: typed text must not become markup
  return element;
}

/** Return a button that does something. */
export function button(text, act) {
  const element = part("button", "", text);
  element.type = "button";
  element.addEventListener("click", act);
  return element;
}

/** Return a sentence in which a list of names stands where `%s` is. */
export function sentenceOf(sentence, names) {
  const [before, after] = sentence.split("%s");
  const fragment = document.createDocumentFragment();
  fragment.append(before);
  names.forEach((name, index) => {
    // <bdi>: a name that is written from right to left leaves the others where they are.
    fragment.append(index ? ", " : "", part("bdi", "", name));
  });
  fragment.append(after);
  return fragment;
}

/** Give a server's label its colour: neighbouring ports get colours far apart. */
export function colour(label) {
  const hue = Math.round(Number.parseInt(label.textContent, 10) * 137.5) % 360 || 0; // the golden angle
  label.style.setProperty("--hue", hue);
  return label;
}
