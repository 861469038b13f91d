// @ts-check
/**
 * Shows a Markdown text as readers will see it, beside the field. The server renders and sanitises it with the code of
 * the page.
 */

const PAUSE_MS = 300; // after the last key

class LivePreview {
  /** @type {HTMLElement} */ #pane;
  /** @type {HTMLTextAreaElement} */ #text;
  /** @type {HTMLFormElement} */ #form;
  /** @type {AbortController | undefined} */ #request;
  #timer = 0;

  /** @param {HTMLElement} pane @param {HTMLTextAreaElement} text @param {HTMLFormElement} form */
  constructor(pane, text, form) {
    this.#pane = pane;
    this.#text = text;
    this.#form = form;
    form.addEventListener("input", (event) => this.#renderLater(event));
    form.addEventListener("change", (event) => this.#renderLater(event));
    this.#render();
  }

  /** @param {Event} event */
  #renderLater(event) {
    const name = event.target instanceof Element ? event.target.getAttribute("name") : "";
    if (name !== this.#text.name && !name?.startsWith("dateline_")) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#render(), PAUSE_MS);
  }

  async #render() {
    this.#request?.abort();
    this.#request = new AbortController();
    try {
      const answer = await fetch(this.#pane.dataset.url ?? "", {
        method: "POST",
        body: this.#body(),
        redirect: "error", // a redirect leads to the sign-in page
        signal: this.#request.signal,
      });
      if (!answer.ok) throw new Error(`The desk answered ${answer.status}.`);
      this.#show(await answer.json());
    } catch (error) {
      if (error instanceof DOMException && error.name === "AbortError") return;
      this.#showNotes([
        "No preview: the desk does not answer, or you are signed out. What you type is stored in this browser.",
      ]);
    }
  }

  #body() {
    const all = new FormData(this.#form);
    const body = new URLSearchParams();
    for (const [name, value] of all) {
      const isNeeded = name === "csrfmiddlewaretoken" || name === this.#text.name || name.startsWith("dateline_");
      if (isNeeded && typeof value === "string") body.append(name, value);
    }
    return body;
  }

  /** @param {{html: string, dateline: string, words: number | null, objections: string[]}} shown */
  #show(shown) {
    this.#pane.innerHTML = shown.html; // sanitised by the server
    for (const output of this.#form.querySelectorAll("[data-dateline]")) {
      output.textContent = shown.dateline || "–";
    }
    const words = shown.words === null ? [] : [`${shown.words} ${shown.words === 1 ? "word" : "words"}`];
    this.#showNotes([...words, ...shown.objections]);
  }

  /** @param {string[]} lines */
  #showNotes(lines) {
    const notes = this.#pane.parentElement?.querySelector(".desk-preview-notes");
    if (notes) notes.textContent = lines.join(" · ");
  }
}

for (const pane of document.querySelectorAll("[data-preview-of]")) {
  const form = pane.closest("form");
  const text = form?.elements.namedItem(pane.getAttribute("data-preview-of") ?? "");
  if (pane instanceof HTMLElement && form && text instanceof HTMLTextAreaElement) {
    new LivePreview(pane, text, form);
  }
}
