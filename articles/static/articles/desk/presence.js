// @ts-check
/** Says in an article's form who else has it open. The server knows it from these calls. */

const EVERY_MS = 15_000;

/** @param {HTMLElement} line @param {string} [left] */
function body(line, left) {
  const token = line.closest("body")?.querySelector("input[name=csrfmiddlewaretoken]");
  return new URLSearchParams({
    csrfmiddlewaretoken: token instanceof HTMLInputElement ? token.value : "",
    ...(left ? { left } : {}),
  });
}

/** @param {HTMLElement} line */
async function call(line) {
  if (document.hidden) return;
  try {
    const answer = await fetch(line.dataset.presence ?? "", { method: "POST", body: body(line), redirect: "error" });
    if (answer.ok) line.textContent = (await answer.json()).text;
  } catch {
    // The desk does not answer: the next call may succeed, and autosave.js keeps the text meanwhile.
  }
}

for (const line of document.querySelectorAll("[data-presence]")) {
  if (!(line instanceof HTMLElement)) continue;
  setInterval(call, EVERY_MS, line);
  document.addEventListener("visibilitychange", () => call(line));
  window.addEventListener("pagehide", () => navigator.sendBeacon(line.dataset.presence ?? "", body(line, "1")));
}
