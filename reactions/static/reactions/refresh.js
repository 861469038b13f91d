// @ts-check
// Refreshes what is in `data-refresh` as often as it says in seconds, and shows how old it is. Only what changed is
// replaced, so that the focus and what a reader of the screen reads stay; nothing is asked while the page is hidden.

const SECOND = 1000;

const place = /** @type {HTMLElement} */ (document.querySelector("[data-refresh]"));
const every = Number(place.dataset.refresh) * SECOND;
let readAt = Date.now();

async function refresh() {
  if (document.hidden || Date.now() - readAt < every) return;
  const asked = Date.now();
  readAt = asked;
  try {
    const answer = await fetch(location.href, { signal: AbortSignal.timeout(every) });
    if (!answer.ok || answer.redirected) return showAge(true);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById(place.id);
    if (!fresh) return showAge(true);
    const focused = place.contains(document.activeElement) ? document.activeElement?.getAttribute("href") : null;
    replaceChanged(place, fresh);
    // A story may have moved to another row.
    if (focused && !place.contains(document.activeElement)) {
      /** @type {HTMLElement | null} */ (place.querySelector(`[href="${CSS.escape(focused)}"]`))?.focus();
    }
    place.dataset.readAt = String(asked);
  } catch {
    showAge(true);
  }
}

/** Replace the children of one element by those of another that differ.
 * @param {Element} old
 * @param {Element} fresh */
function replaceChanged(old, fresh) {
  if (old.isEqualNode(fresh)) return;
  const before = [...old.children];
  const after = [...fresh.children];
  const alike =
    before.length === after.length && before.every((each, number) => each.tagName === after[number].tagName);
  if (!alike || before.length === 0 || old.matches("svg, p, td, th, li")) {
    old.replaceWith(fresh);
    return;
  }
  before.forEach((each, number) => {
    replaceChanged(each, after[number]);
  });
}

/** @param {boolean} failed */
function showAge(failed) {
  const age = document.querySelector("[data-age]");
  const asked = Number(place.dataset.readAt || loadedAt);
  const seconds = Math.round((Date.now() - asked) / SECOND);
  if (age) age.setAttribute("data-old", failed || seconds > 2 * (every / SECOND) ? "true" : "false");
}

const loadedAt = Date.now();
setInterval(refresh, SECOND);
document.addEventListener("visibilitychange", refresh);
