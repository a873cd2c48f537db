// When something was said, by the server's clock, in the reader's own zone and language.

const timeOfDay = formatted({ timeStyle: "short" });
const dateAndTime = formatted({ dateStyle: "short", timeStyle: "short" });
const everything = formatted({ dateStyle: "full", timeStyle: "long" });

nameDaysAtMidnight();

/** Return an element that shows a time, in milliseconds since 1970. */
export function timeOf(milliseconds) {
  const element = document.createElement("time");
  const date = new Date(milliseconds);
  element.dateTime = date.toISOString();
  element.title = everything.format(date);
  fill(element);
  return element;
}

/** Write the time of day, and the date too if that is another day. */
function fill(element) {
  const date = new Date(element.dateTime);
  const isToday = date.toDateString() === new Date().toDateString();
  element.textContent = (isToday ? timeOfDay : dateAndTime).format(date);
}

/** At midnight, what was said today was said yesterday. */
function nameDaysAtMidnight() {
  const midnight = new Date().setHours(24, 0, 0, 0);
  setTimeout(() => {
    document.querySelectorAll("time").forEach(fill);
    nameDaysAtMidnight();
  }, midnight - Date.now());
}

function formatted(options) {
  return new Intl.DateTimeFormat(document.documentElement.lang, options);
}
