// Pieces of a page.

export function part(tag, className, text) {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = text; // never innerHTML: typed text must not become markup
  return element;
}

export function button(text, act) {
  const element = part("button", "", text);
  element.type = "button";
  element.addEventListener("click", act);
  return element;
}
