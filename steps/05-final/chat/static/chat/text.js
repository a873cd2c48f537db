// The text of a message: never markup, but http and https URLs become links.

import { part } from "./parts.js";

const MOST_LINES = 12; // of a message that doesn't scroll

// Any other character ends a URL, such as one that reverses the direction of text.
// Parentheses come in pairs; punctuation at the end belongs to the sentence. An @ before
// the path would hide the host, so that is no link.
const END = String.raw`\p{L}\p{M}\p{N}/#%&=+$~@\-`;
const ANY = String.raw`[${END}.:?!*'|_,;[\]]`;
const PAIR = String.raw`\(${ANY}*\)`;
const START = String.raw`https?://(?=[\p{L}\p{N}])(?![^\s/?#]*@)`;
const LINK = new RegExp(`\\b(${START}(?:${ANY}|${PAIR})*(?:[${END}]|${PAIR}))`, "iu");

export function textOf(text) {
  const element = part("span", "text", "");
  element.dir = "auto"; // its neighbours keep theirs
  const pieces = text.split(LINK); // every second one is a link
  element.append(...pieces.map((piece, index) => (index % 2 ? linkOf(piece) : piece)));
  if (text.split("\n").length > MOST_LINES) {
    element.classList.add("tall"); // it scrolls
    element.tabIndex = 0; // with the keyboard too, in every browser
  }
  return element;
}

function linkOf(url) {
  if (!URL.canParse(url)) return url;
  const link = part("a", "", url);
  link.href = url;
  link.rel = "noopener noreferrer nofollow";
  link.target = "_blank";
  link.dir = "ltr";
  return link;
}
