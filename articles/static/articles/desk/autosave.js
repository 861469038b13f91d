// @ts-check
/**
 * Stores the text of a form in this browser until the server has saved it, so that a closed tab, a crash or an expired
 * session loses nothing. Each visit to a form has a random id, which the form sends. When the server has saved the form,
 * it sets a cookie with the id, and this file removes the stored text. Else the next visit offers the text again.
 */

const PREFIX = "desk:";
const COOKIE = "desk_saved";
const PAUSE_MS = 400; // after the last key
const DAYS_STORED = 30;
const NOT_STORED = new Set(["csrfmiddlewaretoken", "draft"]);

/** @typedef {[name: string, value: string | boolean]} FieldValue */
/** @typedef {{version: string, at: number, fields: FieldValue[]}} StoredText */

/** Removes the texts that the server has saved, and those older than DAYS_STORED. */
function removeOld() {
  const saved = document.cookie.match(new RegExp(`(?:^|; )${COOKIE}=([a-z0-9]+)`))?.[1];
  const oldest = Date.now() - DAYS_STORED * 24 * 3600 * 1000;
  for (const key of Object.keys(localStorage)) {
    if (!key.startsWith(PREFIX)) continue;
    const stored = read(key);
    if (!stored || stored.at < oldest || (saved && key.endsWith(`:${saved}`))) localStorage.removeItem(key);
  }
}

/** @param {string} key @returns {StoredText | null} */
function read(key) {
  try {
    return JSON.parse(localStorage.getItem(key) ?? "null");
  } catch {
    return null;
  }
}

class Autosave {
  /** @type {HTMLElement} */ #panel;
  /** @type {HTMLFormElement} */ #form;
  /** @type {string} */ #formPrefix;
  /** @type {string} */ #key;
  /** @type {string} */ #valuesAtOpen;
  #timer = 0;
  #submitting = false;

  /** @param {HTMLElement} panel @param {HTMLFormElement} form */
  constructor(panel, form) {
    this.#panel = panel;
    this.#form = form;
    const visit = Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) =>
      byte.toString(16).padStart(2, "0"),
    ).join("");
    this.#formPrefix = `${PREFIX}${panel.dataset.user}:${panel.dataset.autosave}:`;
    this.#key = this.#formPrefix + visit;
    // The server has not saved a form that it sent back with an error.
    this.#valuesAtOpen = panel.dataset.unsaved ? "" : JSON.stringify(this.#values());
    const draft = form.elements.namedItem("draft");
    if (draft instanceof HTMLInputElement) draft.value = visit;
    this.#listen();
    this.#offer();
    this.#store();
  }

  #listen() {
    const later = () => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#store(), PAUSE_MS);
    };
    this.#form.addEventListener("input", later);
    this.#form.addEventListener("change", later);
    this.#form.addEventListener("submit", () => {
      this.#store();
      this.#submitting = true;
    });
    document.addEventListener("visibilitychange", () => this.#store());
    window.addEventListener("pagehide", () => this.#store());
    window.addEventListener("pageshow", () => {
      this.#submitting = false; // the reader went back to this page
    });
    window.addEventListener("beforeunload", (event) => {
      if (this.#isChanged() && !this.#submitting) event.preventDefault();
    });
  }

  /** Each field's name and value, in the order of the form; a name can occur twice. @returns {FieldValue[]} */
  #values() {
    return this.#fields().map((field) => [field.name, checkedOf(field) ?? field.value]);
  }

  #fields() {
    /** @type {(HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement)[]} */
    const fields = [];
    for (const field of this.#form.elements) {
      const hasValue =
        field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement || field instanceof HTMLSelectElement;
      if (hasValue && field.name && field.type !== "file" && field.type !== "submit" && !NOT_STORED.has(field.name))
        fields.push(field);
    }
    return fields;
  }

  #isChanged() {
    return JSON.stringify(this.#values()) !== this.#valuesAtOpen;
  }

  #store() {
    clearTimeout(this.#timer);
    if (this.#submitting) return; // the next page may have read the cookie already
    if (!this.#isChanged()) {
      localStorage.removeItem(this.#key);
      this.#showStatus("");
      return;
    }
    /** @type {StoredText} */
    const stored = { version: this.#panel.dataset.version ?? "", at: Date.now(), fields: this.#values() };
    try {
      localStorage.setItem(this.#key, JSON.stringify(stored));
      this.#showStatus(`Not saved yet; kept in this browser at ${clock(stored.at)}.`);
    } catch {
      this.#showStatus("Not saved yet, and this browser has no room to keep it: save soon.");
    }
  }

  /** @param {string} text */
  #showStatus(text) {
    const status = this.#panel.querySelector("[data-note]");
    if (status) status.textContent = text;
  }

  /** Offers the newest text of an earlier visit that differs from the values of the form. */
  #offer() {
    const found = Object.keys(localStorage)
      .filter((key) => key.startsWith(this.#formPrefix) && key !== this.#key)
      .map((key) => ({ key, stored: read(key) }))
      .sort((one, other) => (other.stored?.at ?? 0) - (one.stored?.at ?? 0));
    for (const { key, stored } of found) {
      const differences = stored ? this.#differences(stored) : [];
      if (stored && differences.length) {
        this.#show(key, stored, differences);
        return;
      }
      localStorage.removeItem(key);
    }
  }

  /** One line per field that differs: its label and the difference. @param {StoredText} stored */
  #differences(stored) {
    const lines = [];
    for (const [field, value] of this.#matching(stored)) {
      if (field.type === "hidden" || (checkedOf(field) ?? field.value) === value) continue;
      lines.push(`${labelOf(field)}: ${difference(field.value, value)}`);
    }
    return lines;
  }

  /** The stored values with their fields. @param {StoredText} stored */
  #matching(stored) {
    /** @type {Map<string, (string | boolean)[]>} */
    const values = new Map();
    for (const [name, value] of stored.fields) values.set(name, [...(values.get(name) ?? []), value]);
    /** @type {[HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement, string | boolean][]} */
    const pairs = [];
    for (const field of this.#fields()) {
      const value = values.get(field.name)?.shift();
      if (value !== undefined) pairs.push([field, value]);
    }
    return pairs;
  }

  /** @param {string} key @param {StoredText} stored @param {string[]} differences */
  #show(key, stored, differences) {
    const offer = this.#panel.querySelector(".desk-recovery");
    const text = offer?.querySelector("[data-offer]");
    const list = offer?.querySelector("[data-differences]");
    if (!(offer instanceof HTMLElement) || !text || !list) return;
    const since =
      stored.version === (this.#panel.dataset.version ?? "")
        ? ""
        : " The story was saved since; if you bring your text back, saving shows what differs.";
    text.textContent = `Text of yours from ${day(stored.at)}, ${clock(stored.at)}, was never saved.${since}`;
    list.replaceChildren(
      ...differences.map((line) => Object.assign(document.createElement("li"), { textContent: line })),
    );
    offer.hidden = false;
    const close = () => {
      localStorage.removeItem(key);
      offer.hidden = true;
    };
    offer.querySelector("[data-bring-back]")?.addEventListener(
      "click",
      () => {
        this.#restore(stored);
        close();
      },
      { once: true },
    );
    offer.querySelector("[data-discard]")?.addEventListener("click", close, { once: true });
  }

  /** Restores the hidden fields too: they hold the version that the text was based on. @param {StoredText} stored */
  #restore(stored) {
    for (const [field, value] of this.#matching(stored)) {
      if (field instanceof HTMLInputElement && typeof value === "boolean") field.checked = value;
      else field.value = String(value);
    }
    this.#store();
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
function checkedOf(field) {
  const isCheckable = field instanceof HTMLInputElement && (field.type === "checkbox" || field.type === "radio");
  return isCheckable ? field.checked : undefined;
}

/** @param {HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement} field */
function labelOf(field) {
  const label = field.getAttribute("aria-label") ?? field.labels?.[0]?.textContent ?? field.name;
  return label.trim().replace(/[:*]+$/, "");
}

/** @param {string} shown @param {string | boolean} stored */
function difference(shown, stored) {
  const now = words(shown);
  const then = words(String(stored));
  if (now.length + then.length < 24) return `“${stored}”`;
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

removeOld();
for (const panel of document.querySelectorAll("[data-autosave]")) {
  const form = panel.closest("form");
  if (panel instanceof HTMLElement && form) new Autosave(panel, form);
}
