// @ts-check
/**
 * Pastes formatted text as Markdown: the server converts the HTML of the clipboard. Where it does not, the browser's
 * plain text is pasted.
 */

const LONGEST = 500_000; // characters of HTML; a text may have 100 kB
const WAIT_MS = 5_000;
const LEFT_OUT = "img, picture, video, audio, script, style, svg, object, embed, meta, link, title";

/** The inside of the clipboard's body, or of what the program marked as copied. @param {string} html */
function essence(html) {
  const page = new DOMParser().parseFromString(html, "text/html"); // runs no script, and loads nothing
  for (const element of page.querySelectorAll(LEFT_OUT)) element.remove();
  return page.body.innerHTML;
}

/** @param {HTMLTextAreaElement} area @param {string} html @returns {Promise<string>} */
async function convert(area, html) {
  const token = area.form?.querySelector("input[name=csrfmiddlewaretoken]");
  const body = new FormData();
  body.append("csrfmiddlewaretoken", token instanceof HTMLInputElement ? token.value : "");
  body.append("html", html);
  try {
    const answer = await fetch(area.dataset.paste ?? "", {
      method: "POST",
      body,
      redirect: "error",
      signal: AbortSignal.timeout(WAIT_MS),
    });
    return answer.ok ? (await answer.json()).markdown : "";
  } catch {
    return "";
  }
}

/** @param {HTMLTextAreaElement} area @param {string} text */
function insert(area, text) {
  area.focus();
  // The only way that the browser's undo knows. Where it is missing, the text is set, and announced to the form.
  if (document.execCommand("insertText", false, text)) return;
  area.setRangeText(text, area.selectionStart, area.selectionEnd, "end");
  area.dispatchEvent(new Event("input", { bubbles: true }));
}

for (const area of document.querySelectorAll("textarea[data-paste]")) {
  if (!(area instanceof HTMLTextAreaElement)) continue;
  area.addEventListener("paste", async (event) => {
    const plain = event.clipboardData?.getData("text/plain") ?? "";
    const html = essence(event.clipboardData?.getData("text/html") ?? "");
    if (!/<(?!\/?(?:span|div|br|p)\b)[a-z]|mso-list|style=/i.test(html) || html.length > LONGEST) return;
    event.preventDefault();
    area.setAttribute("aria-busy", "true");
    area.readOnly = true; // what is typed meanwhile would move the place
    const markdown = await convert(area, html);
    area.readOnly = false;
    area.removeAttribute("aria-busy");
    insert(area, markdown || plain);
  });
}
