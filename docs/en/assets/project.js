/* "Project this page": the way into the projection view of a lesson.
 *
 * `?project` in the address, the key P, or the link in the head of a lesson. What draws
 * the screens is in slides.js and project.css, loaded when somebody asks for them. With
 * `?follow`, the page of the speaker notes follows the slides: notes.js.
 * A classic script, not a module: from disk (file://) a module does not load.
 */
(() => {
  "use strict";

  const assets = new URL(".", document.currentScript.src);
  const article = document.querySelector("article");
  const isLesson = article && location.pathname.includes("/lessons/");
  const query = new URLSearchParams(location.search);
  let loading = null;

  if (query.has("follow") && document.querySelector(".speaker-note")) {
    load("link", "project.css").then(() => load("script", "notes.js"));
  }
  if (!isLesson) return;

  addLink();
  addEventListener("keydown", key, { capture: true });
  if (query.has("project")) start();

  function start() {
    loading ??= Promise.all([load("link", "project.css"), load("script", "slides.js")]);
    loading.then(() => globalThis.projectPage());
  }

  function load(kind, name) {
    const element = document.createElement(kind);
    const url = new URL(name, assets).href;
    if (kind === "link") Object.assign(element, { rel: "stylesheet", href: url });
    else element.src = url;
    return new Promise((resolve, reject) => {
      element.addEventListener("load", resolve);
      element.addEventListener("error", reject);
      document.head.append(element);
    });
  }

  /* The theme takes P for "previous page", so this listener is first. */
  function key(event) {
    const hasModifier = event.ctrlKey || event.altKey || event.metaKey || event.shiftKey;
    if (event.key !== "p" || hasModifier || isTyping(event.target)) return;
    if (document.body.classList.contains("projecting")) return;
    event.preventDefault();
    event.stopPropagation();
    start();
  }

  function isTyping(element) {
    return element.isContentEditable || element.matches?.("input, textarea, select");
  }

  function addLink() {
    const link = document.createElement("a");
    link.href = "?project";
    link.className = "project-link";
    link.textContent = "Project this page";
    link.title = "For instructors: one idea on each screen (key P)";
    link.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      start();
    });
    const place = document.createElement("p");
    place.className = "project-place";
    place.append(link);
    const head = article.querySelector(".lesson-head, h1");
    head.after(place);
  }
})();
