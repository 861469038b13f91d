// @ts-check
/**
 * The times of a story in the reader's own time zone, which only the browser knows. Without it they are in the site's.
 *
 * `<time data-local="moment">` has date and time; `data-local="time"` the date only where the reader's day is not
 * `data-day`, the day at the place that is named beside it.
 */

const page = document.documentElement.lang;
const language = page === "en" ? "en-GB" : page; // as the server writes English

/** @type {Intl.DateTimeFormatOptions} */
const TIME = { hour: "2-digit", minute: "2-digit", timeZoneName: "short" };
/** @type {Intl.DateTimeFormatOptions} */
const MOMENT = { day: "numeric", month: "long", year: "numeric", ...TIME };

for (const element of /** @type {NodeListOf<HTMLTimeElement>} */ (document.querySelectorAll("time[data-local]"))) {
  const when = new Date(element.dateTime);
  const day = when.toLocaleDateString("sv"); // Sweden writes dates as ISO 8601 does
  const isTimeAlone = element.dataset.local === "time" && element.dataset.day === day;
  element.textContent = new Intl.DateTimeFormat(language, isTimeAlone ? TIME : MOMENT).format(when);
}
