// @ts-check
/**
 * Keeps what is typed in this browser until the server has it: through a closed tab, a crash, an
 * expired session. Each visit to a form has a name of its own, which it sends along; when that was
 * saved, a cookie says so, and what was kept under the name is dropped. Otherwise it is offered again.
 */

const PREFIX = "desk:";
const COOKIE = "desk_saved";
const PAUSE = 400; // milliseconds after the last key
const KEPT_DAYS = 30;
const UNKEPT = new Set(["csrfmiddlewaretoken", "draft"]);

/** @typedef {[name: string, value: string | boolean]} Typed */
/** @typedef {{version: string, at: number, fields: Typed[]}} Kept */

/** What was saved, and what is too old, is kept no longer. */
function tidy() {
  const saved = document.cookie.match(new RegExp(`(?:^|; )${COOKIE}=([a-z0-9]+)`))?.[1];
  const oldest = Date.now() - KEPT_DAYS * 24 * 3600 * 1000;
  for (const key of Object.keys(localStorage)) {
    if (!key.startsWith(PREFIX)) continue;
    const kept = read(key);
    if (!kept || kept.at < oldest || (saved && key.endsWith(`:${saved}`))) localStorage.removeItem(key);
  }
}

/** @param {string} key @returns {Kept | null} */
function read(key) {
  try {
    return JSON.parse(localStorage.getItem(key) ?? "null");
  } catch {
    return null;
  }
}

class Autosave {
  /** @type {HTMLElement} */ #place;
  /** @type {HTMLFormElement} */ #form;
  /** @type {string} */ #story;
  /** @type {string} */ #key;
  /** @type {string} */ #opened;
  #timer = 0;
  #submitting = false;

  /** @param {HTMLElement} place @param {HTMLFormElement} form */
  constructor(place, form) {
    this.#place = place;
    this.#form = form;
    const name = Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) => byte.toString(16).padStart(2, "0")).join("");
    this.#story = `${PREFIX}${place.dataset.user}:${place.dataset.autosave}:`;
    this.#key = this.#story + name;
    // A form that came back with an error holds what no server has.
    this.#opened = place.dataset.unsaved ? "" : JSON.stringify(this.#typed());
    const draft = form.elements.namedItem("draft");
    if (draft instanceof HTMLInputElement) draft.value = name;
    this.#listen();
    this.#offer();
    this.#keep();
  }

  #listen() {
    const later = () => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#keep(), PAUSE);
    };
    this.#form.addEventListener("input", later);
    this.#form.addEventListener("change", later);
    this.#form.addEventListener("submit", () => {
      this.#keep();
      this.#submitting = true;
    });
    document.addEventListener("visibilitychange", () => this.#keep());
    window.addEventListener("pagehide", () => this.#keep());
    window.addEventListener("pageshow", () => {
      this.#submitting = false; // back from a page that was left behind
    });
    window.addEventListener("beforeunload", (event) => {
      if (this.#isTouched() && !this.#submitting) event.preventDefault();
    });
  }

  /** Every field with its value, in the form's order: names may stand twice. @returns {Typed[]} */
  #typed() {
    return this.#fields().map((field) => [field.name, isTicked(field) ?? field.value]);
  }

  #fields() {
    /** @type {(HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement)[]} */
    const fields = [];
    for (const field of this.#form.elements) {
      const holds =
        field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement || field instanceof HTMLSelectElement;
      if (holds && field.name && field.type !== "file" && field.type !== "submit" && !UNKEPT.has(field.name)) fields.push(field);
    }
    return fields;
  }

  #isTouched() {
    return JSON.stringify(this.#typed()) !== this.#opened;
  }

  #keep() {
    clearTimeout(this.#timer);
    if (this.#submitting) return; // its cookie may have been read already, by the page that follows
    if (!this.#isTouched()) {
      localStorage.removeItem(this.#key);
      this.#note("");
      return;
    }
    /** @type {Kept} */
    const kept = { version: this.#place.dataset.version ?? "", at: Date.now(), fields: this.#typed() };
    try {
      localStorage.setItem(this.#key, JSON.stringify(kept));
      this.#note(`Not saved yet; kept in this browser at ${clock(kept.at)}.`);
    } catch {
      this.#note("Not saved yet, and this browser has no room to keep it: save soon.");
    }
  }

  /** @param {string} text */
  #note(text) {
    const note = this.#place.querySelector("[data-note]");
    if (note) note.textContent = text;
  }

  /** The newest text of an earlier visit that differs from what the form says now. */
  #offer() {
    const found = Object.keys(localStorage)
      .filter((key) => key.startsWith(this.#story) && key !== this.#key)
      .map((key) => ({ key, kept: read(key) }))
      .sort((one, other) => (other.kept?.at ?? 0) - (one.kept?.at ?? 0));
    for (const { key, kept } of found) {
      const differing = kept ? this.#differing(kept) : [];
      if (kept && differing.length) {
        this.#show(key, kept, differing);
        return;
      }
      localStorage.removeItem(key);
    }
  }

  /** What the reader of the offer should know: which fields, and by how many words. @param {Kept} kept */
  #differing(kept) {
    const lines = [];
    for (const [field, value] of this.#matching(kept)) {
      if (field.type === "hidden" || (isTicked(field) ?? field.value) === value) continue;
      lines.push(`${labelOf(field)}: ${difference(field.value, value)}`);
    }
    return lines;
  }

  /** The kept values with the fields they belong to. @param {Kept} kept */
  #matching(kept) {
    /** @type {Map<string, (string | boolean)[]>} */
    const values = new Map();
    for (const [name, value] of kept.fields) values.set(name, [...(values.get(name) ?? []), value]);
    /** @type {[HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement, string | boolean][]} */
    const pairs = [];
    for (const field of this.#fields()) {
      const value = values.get(field.name)?.shift();
      if (value !== undefined) pairs.push([field, value]);
    }
    return pairs;
  }

  /** @param {string} key @param {Kept} kept @param {string[]} differing */
  #show(key, kept, differing) {
    const offer = this.#place.querySelector(".desk-offer");
    const text = offer?.querySelector("[data-offer]");
    const list = offer?.querySelector("[data-differences]");
    if (!(offer instanceof HTMLElement) || !text || !list) return;
    const since = kept.version === (this.#place.dataset.version ?? "") ? "" : " The story was saved since; if you bring your text back, saving shows what differs.";
    text.textContent = `Text of yours from ${day(kept.at)}, ${clock(kept.at)}, was never saved.${since}`;
    list.replaceChildren(
      ...differing.map((line) => Object.assign(document.createElement("li"), { textContent: line })),
    );
    offer.hidden = false;
    const close = () => {
      localStorage.removeItem(key);
      offer.hidden = true;
    };
    offer.querySelector("[data-bring-back]")?.addEventListener("click", () => {
      this.#bringBack(kept);
      close();
    }, { once: true });
    offer.querySelector("[data-discard]")?.addEventListener("click", close, { once: true });
  }

  /** With the hidden fields: they say which version the text was based on. @param {Kept} kept */
  #bringBack(kept) {
    for (const [field, value] of this.#matching(kept)) {
      if (field instanceof HTMLInputElement && typeof value === "boolean") field.checked = value;
      else field.value = String(value);
    }
    this.#keep();
    const body = this.#form.querySelector("textarea[data-live-preview]");
    body?.dispatchEvent(new Event("input", { bubbles: true }));
    for (const field of this.#fields()) {
      if (field.type !== "hidden") {
        field.focus();
        break;
      }
    }
  }
}

/** @param {Element} field @returns {boolean | undefined} */
function isTicked(field) {
  const ticks = field instanceof HTMLInputElement && (field.type === "checkbox" || field.type === "radio");
  return ticks ? field.checked : undefined;
}

/** @param {HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement} field */
function labelOf(field) {
  const label = field.getAttribute("aria-label") ?? field.labels?.[0]?.textContent ?? field.name;
  return label.trim().replace(/[:*]+$/, "");
}

/** @param {string} shown @param {string | boolean} kept */
function difference(shown, kept) {
  const now = words(shown);
  const then = words(String(kept));
  if (now.length + then.length < 24) return `“${kept}”`;
  return `${then.length} words, ${now.length} as saved`;
}

/** @param {string} text */
function words(text) {
  return text.split(/\s+/).filter(Boolean);
}

/** @param {number} at */
function clock(at) {
  return new Date(at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
}

/** @param {number} at */
function day(at) {
  return new Date(at).toLocaleDateString([], { day: "numeric", month: "long" });
}

tidy();
for (const place of document.querySelectorAll("[data-autosave]")) {
  const form = place.closest("form");
  if (place instanceof HTMLElement && form) new Autosave(place, form);
}
