// @ts-check
/**
 * The times of a story in the reader's own time zone, which only the browser knows. Without it they are in the site's.
 *
 * `<time data-local="moment">` has date and time. `data-local="time"` stands beside the time at a place, and has the date
 * only where the reader's day is not `data-day`, the day at that place; brackets around it stay.
 */

const page = document.documentElement.lang;
const language = page === "en" ? "en-GB" : page; // as the server writes English

const TIME = new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit", timeZoneName: "short" });
const DAY = new Intl.DateTimeFormat(language, { day: "numeric", month: "long", year: "numeric" });

for (const element of /** @type {NodeListOf<HTMLTimeElement>} */ (document.querySelectorAll("time[data-local]"))) {
  const when = new Date(element.dateTime);
  const isoDay = when.toLocaleDateString("sv"); // Sweden writes dates as ISO 8601 does
  const isTimeAlone = element.dataset.local === "time" && element.dataset.day === isoDay;
  const shown = isTimeAlone ? TIME.format(when) : `${DAY.format(when)}, ${TIME.format(when)}`;
  const [, open, close] = /^([(（]?).*?([)）]?)$/su.exec(element.textContent) ?? ["", "", ""];
  if (!isSitesZone(element.dateTime, when)) element.textContent = `${open}${shown}${close}`;
}

/**
 * Whether the reader's clocks show what the server has written, in the site's zone.
 *
 * @param {string} written ends with the zone's offset, as `+03:00`
 * @param {Date} when
 */
function isSitesZone(written, when) {
  const [, sign, hours, minutes] = /([+-])(\d\d):(\d\d)$/.exec(written) ?? ["", "+", "0", "0"];
  return -when.getTimezoneOffset() === Number(`${sign}1`) * (Number(hours) * 60 + Number(minutes));
}
