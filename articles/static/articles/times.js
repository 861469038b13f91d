// @ts-check
/**
 * The times of a story in the reader's own time zone, which only the browser knows. Without it they are in the site's.
 *
 * `<time data-local="moment">` has date and time. `data-local="time"` is in parentheses after the time at a place, and has
 * the date only where the reader's day is not `data-day`, the day at that place.
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
  const isBeside = element.dataset.local === "time";
  const options = isBeside && element.dataset.day === day ? TIME : MOMENT;
  const shown = new Intl.DateTimeFormat(language, options).format(when);
  element.textContent = isBeside ? `(${shown})` : shown;
}
