// Times and days in the reader's time zone and language.

import { part } from "./parts.js";

const DAY = 86_400_000; // milliseconds

const timeOfDay = formatted({ timeStyle: "short" });
const longDate = formatted({ dateStyle: "full" });
const everything = formatted({ dateStyle: "full", timeStyle: "long" });

// Today becomes yesterday. A timer until midnight would be late if the computer sleeps.
setInterval(() => document.querySelectorAll(".day").forEach(fill), 60_000);

export function timeOf(milliseconds) {
  const element = document.createElement("time");
  element.dateTime = new Date(milliseconds).toISOString();
  element.title = everything.format(milliseconds);
  element.textContent = timeOfDay.format(milliseconds);
  return element;
}

export function startOfDay(milliseconds) {
  return new Date(milliseconds).setHours(0, 0, 0, 0);
}

export function headingOf(day) {
  const heading = part("h2", "day", "");
  heading.dataset.day = day;
  heading.ariaLive = "off"; // it's in a live region, but isn't a message
  fill(heading);
  return heading;
}

function fill(heading) {
  const { day } = heading.dataset;
  // Rounded, because some days have 23 or 25 hours.
  const daysAgo = Math.round((startOfDay(Date.now()) - day) / DAY);
  const name = [gettext("Today"), gettext("Yesterday")][daysAgo];
  heading.textContent = name ?? longDate.format(day);
}

function formatted(options) {
  return new Intl.DateTimeFormat(document.documentElement.lang, options);
}
