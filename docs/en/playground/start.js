/* Starts the playground's page, which is made of modules.
 *
 * A classic script: from disk (file://) a module doesn't load, and the browser would only
 * complain in its console. The text that the page already has says what to do then.
 */
(() => {
  "use strict";
  const here = document.currentScript.src;
  if (location.protocol !== "file:") import(new URL("page.js", here));
})();
