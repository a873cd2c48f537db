// Pieces of a page.

/** Return an element that holds a text. */
export function part(tag, className, text) {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = text; // never innerHTML: typed text must not become markup
  return element;
}

/** Return a button that calls `act`. */
export function button(text, act) {
  const element = part("button", "", text);
  element.type = "button";
  element.addEventListener("click", act);
  return element;
}

/** Return a sentence with a list of names in place of `%s`. */
export function sentenceOf(sentence, names) {
  const [before, after] = sentence.split("%s");
  const fragment = document.createDocumentFragment();
  fragment.append(before);
  names.forEach((name, index) => {
    // <bdi>: a name that reads from right to left doesn't move the others.
    fragment.append(index ? ", " : "", part("bdi", "", name));
  });
  fragment.append(after);
  return fragment;
}
