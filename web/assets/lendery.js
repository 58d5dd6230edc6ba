// Pages work without this. It shows times by the reader's own clock, and an order's news as they come.
"use strict";

// Dates are written as the pages write them: the day before its month.
const language = document.documentElement.lang.replace(/^en$/, "en-GB");

function localTimes(root) {
  for (const time of root.querySelectorAll('time[datetime*="T"]')) {
    const at = new Date(time.dateTime);
    if (!Number.isNaN(at.getTime())) {
      time.textContent = at.toLocaleString(language, { dateStyle: "long", timeStyle: "short" });
    }
  }
}

// What somebody is filling in stays as it is.
function isInUse(part) {
  const filled = [...part.querySelectorAll("input:not([type=hidden]), textarea")].some((field) => field.value);
  return filled || part.contains(document.activeElement);
}

async function refresh(order) {
  const answer = await fetch(location.pathname, { credentials: "same-origin" });
  if (!answer.ok || answer.redirected) {
    return;
  }
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  localTimes(page);
  for (const part of document.querySelectorAll("[data-fresh]")) {
    const fresh = page.getElementById(part.id);
    if (fresh && !isInUse(part)) {
      part.replaceChildren(...fresh.childNodes);
    }
  }
  order.dataset.version = page.querySelector("[data-version]")?.dataset.version ?? Infinity;
}

localTimes(document);
const order = document.querySelector("[data-events]");
if (order) {
  const events = new EventSource(order.dataset.events);
  events.addEventListener("order", (event) => {
    if (Number(event.lastEventId) > Number(order.dataset.version)) {
      refresh(order);
    }
  });
}
