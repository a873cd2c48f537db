/* To come. */

import { element } from "./parts.js";

export default function start(place) {
  place.replaceChildren(element("p", {}, "To come."));
}
