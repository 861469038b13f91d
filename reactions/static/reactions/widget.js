// @ts-check
/**
 * The reaction widget of an article's page: sends a press without a page load, and keeps the counts fresh. Without this
 * file the widget is a form that works.
 *
 * A press shows at once. One request is sent at a time, and the last press wins. The widget shows what the server
 * answers. The first press gets the reader, and only then sends the reaction, so that whatever is sent twice counts
 * once. It polls the counts while the page is visible, ever more rarely while nothing changes, and at once after a
 * refusal: the article may have closed.
 */

/** @typedef {Record<string, number | null>} Counts */
/** @typedef {{reactions: string[], changed: boolean, counts: Counts, total: number, version: number}} Change */

const POLL_FASTEST_MS = 1_000;
const POLL_SLOWEST_MS = 15_000;
const POLL_GROWTH = 1.15;
const READER_TIMEOUT_MS = 10_000;
// A screen reader announces other readers' reactions at most this often.
const SPEAK_INTERVAL_MS = 20_000;

const NUMBER = new Intl.NumberFormat(document.documentElement.lang || "en");

/**
 * Who reacts on this page: the reader whose cookie the browser keeps, or where it keeps none, one whose token this page
 * holds until it is left.
 */
class Reader {
  #token = "";
  #keepsCookie = true;

  get keepsCookie() {
    return this.#keepsCookie;
  }

  /**
   * Sends a request of the reader, whom it gets first where the page has none, and again where the server refuses them.
   *
   * @param {string} url
   * @param {{method: string, headers: Record<string, string>, body: string}} request
   * @returns {Promise<Response>} the answer, or the refusal to give a reader
   */
  async fetch(url, request) {
    const isNew = !this.#token;
    let refusal = isNew ? await this.#get() : null;
    let response = refusal ?? (await this.#send(url, request));
    if (response.status === 401 && !isNew) {
      refusal = await this.#get();
      response = refusal ?? (await this.#send(url, request));
    }
    if (response.status === 401 && !refusal && this.#keepsCookie) {
      // The browser has not kept the cookie that came with the token.
      this.#keepsCookie = false;
      response = await this.#send(url, request);
    }
    return response;
  }

  /**
   * The answer to a GET. It gets no reader: without one there is nothing to read.
   *
   * @param {string} url
   */
  read(url) {
    return this.#send(url, { method: "GET", headers: {} });
  }

  /**
   * @param {string} url
   * @param {{method: string, headers: Record<string, string>, body?: string}} request
   */
  #send(url, request) {
    const own = this.#keepsCookie ? undefined : { Authorization: `Reader ${this.#token}` };
    return fetch(url, { ...request, headers: { ...request.headers, ...own } });
  }

  /**
   * The same reader as in other tabs: they ask one after the other, and the second has the cookie of the first.
   *
   * @returns {Promise<Response | null>} the refusal, if it is one
   */
  async #get() {
    let hasAsked = false;
    const ask = () => {
      hasAsked = true;
      return this.#ask();
    };
    try {
      return await (navigator.locks ? navigator.locks.request("newsroom-reader", ask) : ask());
    } catch (error) {
      // A browser that blocks cookies refuses locks, too.
      if (hasAsked) throw error;
      return ask();
    }
  }

  /** @returns {Promise<Response | null>} */
  async #ask() {
    const signal = AbortSignal.timeout(READER_TIMEOUT_MS);
    const response = await fetch("/api/v1/readers/", { method: "POST", signal });
    if (!response.ok) return response;
    this.#token = (await response.json()).token;
    return null;
  }
}

const reader = new Reader();

class ReactionWidget {
  #root;
  #url;
  #token;
  /** @type {Map<string, HTMLButtonElement>} */
  #buttons = new Map();
  /** @type {Set<string>} */
  #chosen = new Set();
  /** @type {Set<string> | null} */
  #pending = null;
  #sending = false;
  /** The kinds that the article accepts; a reader may undo others. @type {Set<string>} */
  #allowed = new Set();
  #closed = false;
  #version = -1;
  #etag = "";
  #pause = POLL_FASTEST_MS;
  #timer = 0;
  #spokenAt = performance.now();

  /** @param {HTMLElement} root */
  constructor(root) {
    this.#root = root;
    this.#url = `/api/v1/articles/${root.dataset.article}/reactions/`;
    this.#token = /** @type {HTMLInputElement} */ (root.querySelector("[name=token]")).value;
    this.#version = Number(root.dataset.version || -1);
    for (const button of root.querySelectorAll("button")) {
      this.#buttons.set(button.dataset.kind ?? "", button);
      if (button.getAttribute("aria-pressed") === "true") this.#chosen.add(button.dataset.kind ?? "");
      if (button.dataset.allowed !== undefined) this.#allowed.add(button.dataset.kind ?? "");
    }
    this.#closed = root.querySelector(".reactions-closed:not([hidden])") !== null;
    root.querySelector("form")?.addEventListener("submit", (event) => this.#press(event));
    document.addEventListener("visibilitychange", () => this.#show());
    addEventListener("pageshow", (event) => this.#comeBack(event.persisted));
    this.#wake();
  }

  /** @param {SubmitEvent} event */
  #press(event) {
    event.preventDefault();
    const kind = /** @type {HTMLButtonElement} */ (event.submitter).dataset.kind ?? "";
    const chosen = new Set(this.#pending ?? this.#chosen);
    if (!chosen.delete(kind)) {
      if (Number(this.#root.dataset.most) === 1) chosen.clear();
      chosen.add(kind);
    }
    this.#pending = chosen;
    this.#showChosen(chosen);
    this.#send();
  }

  /** Sends the newest choice, and the next once it is answered: two at once could arrive in either order. */
  async #send() {
    if (this.#sending) return;
    this.#sending = true;
    let soon = POLL_FASTEST_MS;
    while (this.#pending) {
      const pending = this.#pending;
      const failure = await this.#put([...pending]);
      if (failure) {
        this.#pending = null;
        this.#showChosen(this.#chosen);
        this.#say(failure);
        soon = 0;
      } else if (this.#pending === pending) {
        this.#pending = null;
      }
    }
    this.#sending = false;
    this.#wake(soon);
  }

  /**
   * @param {string[]} reactions
   * @returns {Promise<string>} the message for the reader where it failed, else an empty text
   */
  async #put(reactions) {
    try {
      const response = await reader.fetch(`${this.#url}mine/`, {
        method: "PUT",
        headers: { "Content-Type": "application/json", "Page-Token": this.#token },
        body: JSON.stringify({ reactions }),
      });
      const answer = await response.json();
      if (!response.ok) return answer.detail || "That did not work. Please try again.";
      this.#accept(answer);
      return "";
    } catch {
      return "The site cannot be reached. Please try again.";
    }
  }

  /** @param {Change} change */
  #accept(change) {
    this.#chosen = new Set(change.reactions);
    // The next version is the first that can include this change; an older one would undo it on the page.
    this.#version = change.version + (change.changed ? 1 : 0);
    this.#showCounts(change.counts, change.total);
    this.#showAllowed();
    this.#say(this.#describe(change));
  }

  /**
   * What the answer says, and no more: a reaction that was not there was not taken back.
   *
   * @param {Change} change
   */
  #describe(change) {
    const labels = change.reactions.map((kind) => this.#label(kind)).join(", ");
    if (!labels) return change.changed ? "Your reaction was taken back." : "You have no reaction to this story.";
    const kept = reader.keepsCookie
      ? ""
      : " Your browser keeps no cookies: you can change it until you leave this page.";
    return `Your reaction: ${labels}.${kept}`;
  }

  /** The page is in sight again: meanwhile the reader may have changed the reaction in another tab. */
  #show() {
    if (!document.hidden && this.#chosen.size) this.#readChosen();
    this.#wake();
  }

  /**
   * A page from the history is as old as its first load, whether the browser kept it alive or only its text.
   *
   * @param {boolean} isAlive
   */
  #comeBack(isAlive) {
    const [navigation] = /** @type {PerformanceNavigationTiming[]} */ (performance.getEntriesByType("navigation"));
    if (!isAlive && navigation?.type !== "back_forward") return;
    this.#readChosen();
    this.#wake(0);
  }

  async #readChosen() {
    const known = this.#chosen;
    try {
      const response = await reader.read(`${this.#url}mine/`);
      const answer = await response.json();
      // What was pressed meanwhile is newer.
      if (!response.ok || this.#sending || this.#chosen !== known) return;
      this.#chosen = new Set(answer.reactions);
      this.#showChosen(this.#chosen);
      this.#showAllowed();
    } catch {
      // It is as it was; the answer to the next press says what is true.
    }
  }

  #wake(soon = POLL_FASTEST_MS) {
    clearTimeout(this.#timer);
    this.#pause = POLL_FASTEST_MS;
    if (!document.hidden) this.#timer = setTimeout(() => this.#poll(), soon);
  }

  async #poll() {
    try {
      await this.#refresh();
    } catch {
      this.#pause = POLL_SLOWEST_MS;
    }
    clearTimeout(this.#timer);
    if (!document.hidden) this.#timer = setTimeout(() => this.#poll(), this.#pause);
  }

  async #refresh() {
    const headers = this.#etag ? { "If-None-Match": this.#etag } : undefined;
    const response = await fetch(this.#url, { headers, credentials: "omit", cache: "no-store" });
    this.#pause = Math.min(this.#pause * POLL_GROWTH, POLL_SLOWEST_MS);
    this.#root.hidden = response.status === 404;
    if (response.status !== 200) return;
    this.#etag = response.headers.get("ETag") ?? "";
    const answer = await response.json();
    if (answer.version === null || answer.version < this.#version || this.#sending) return;
    if (answer.version > this.#version) this.#pause = POLL_FASTEST_MS;
    this.#version = answer.version;
    this.#closed = answer.state === "closed";
    this.#allowed = new Set(answer.allowed);
    this.#showAllowed();
    this.#showCounts(answer.counts, answer.total);
    this.#speakTotal(answer.total);
  }

  /** @param {Set<string>} chosen */
  #showChosen(chosen) {
    for (const [kind, button] of this.#buttons) {
      button.setAttribute("aria-pressed", String(chosen.has(kind)));
    }
  }

  /** Disables the buttons that would do nothing: all where closed, else those neither allowed nor chosen. */
  #showAllowed() {
    for (const [kind, button] of this.#buttons) {
      button.disabled = this.#closed || !(this.#allowed.has(kind) || this.#chosen.has(kind));
    }
    const closed = /** @type {HTMLElement | null} */ (this.#root.querySelector(".reactions-closed"));
    if (closed) closed.hidden = !this.#closed;
  }

  /**
   * @param {Counts} counts
   * @param {number} total
   */
  #showCounts(counts, total) {
    for (const [kind, button] of this.#buttons) {
      const count = counts[kind] ?? 0;
      const text = /** @type {HTMLElement} */ (button.querySelector(".reactions-count"));
      text.textContent = NUMBER.format(count);
      button.querySelector("rect")?.setAttribute("width", String(total ? (100 * count) / total : 0));
    }
    this.#text(".reactions-sum", NUMBER.format(total));
    this.#text(".reactions-noun", total === 1 ? "reaction" : "reactions");
  }

  /** @param {number} total */
  #speakTotal(total) {
    if (performance.now() - this.#spokenAt < SPEAK_INTERVAL_MS) return;
    this.#say(`${NUMBER.format(total)} reactions by now.`);
  }

  /** @param {string} text */
  #say(text) {
    this.#spokenAt = performance.now();
    this.#text(".reactions-notice", text);
  }

  /** @param {string} kind */
  #label(kind) {
    return this.#buttons.get(kind)?.querySelector(".reactions-label")?.textContent ?? kind;
  }

  /**
   * @param {string} selector
   * @param {string} text
   */
  #text(selector, text) {
    const element = this.#root.querySelector(selector);
    if (element) element.textContent = text;
  }
}

for (const root of document.querySelectorAll(".reactions")) {
  new ReactionWidget(/** @type {HTMLElement} */ (root));
}
