// @ts-check
/**
 * `<reader-reactions article="…">`, the reaction widget, for any page on any origin; docs/widget.md describes it.
 *
 * A Site is the installation at one `api` origin: its reader, its stream, and the choices that wait to be sent. An
 * Article holds what is known of one article, for all elements that show it. An element only renders.
 */

/** @typedef {Record<string, number | null>} Counts */
/** @typedef {{article: string, state: string | null, allowed: string[], counts: Counts, total: number | null, version: number}} Answer an article that is gone has no `allowed` */
/** @typedef {{reactions: string[], previous: string[], changed: boolean, counts: Counts, total: number, version: number}} Change */
/** @typedef {{change?: Change, refusal?: string, again?: number, busy?: boolean}} Outcome */
/** @typedef {() => string | null | undefined | Promise<string | null | undefined>} GetToken the host's token (JWT) of its signed-in reader; nothing for a guest */
/** @typedef {Record<string, string>} Forms one text for each plural category */
/** @typedef {[tag: string, attributes: Record<string, string>, ...children: any[]]} Markup */
/** @typedef {{label: string, emoji: string, face: Markup | null}} Kind */
/** @typedef {{lang: string, plurals: Intl.PluralRules, numbers: Intl.NumberFormat[], kinds: Record<string, Kind>, most: number, views: boolean, texts: Record<string, string | Forms>, style: string, tiles: Markup, summary: Markup}} Look */

const VERSION = "@VERSION@";

const DOUBLE_CLICK_MS = 500;
const UNDO_MS = 6_000;
const SEND_MS = 8_000;
const SLOW_MS = 2_000;
const POLL_MS = [3_000, 60_000];
const SPREAD_MS = 15_000;
// A stream says something every 15 seconds; one that says nothing from the start is swallowed by a proxy.
const SILENT_MS = 35_000;
const MUTE_MS = 10_000;
const MUTE_ATTEMPTS = 3;
const MUTE_PAUSE_MS = 600_000;
const LEADER_MS = 2_500;
// A screen reader announces other readers' reactions at most this often.
const SPEAK_MS = 20_000;
// A choice that could not be sent for so long is no longer what the reader wants to say.
const KEEP_MS = 7 * 86_400_000;
const MOST_LIVE = 50;
const MOST_COUNTS = 200;
// Of a list of articles in an address: some servers accept 8,192 bytes of it.
const LONGEST_LIST = 6_000;
// How often a page that is being verified is asked for.
const SIGHTS = 10;

/** Between half and one and a half of it: what many browsers do at once is spread. @param {number} ms */
const about = (ms) => ms * (0.5 + Math.random());

const now = () => performance.now();

/** @param {EventTarget} target @param {string} names @param {(event: any) => void} act */
const on = (target, names, act) => {
  for (const name of names.split(" ")) target.addEventListener(name, act);
};

/** A URL of any text, relative or not; it never throws. @param {string} href */
const urlOf = (href) => Object.assign(document.createElement("a"), { href });

/** A request with a body. @param {string} method @param {unknown} body @param {Record<string, string>} [headers] */
const json = (method, body, headers) => ({
  method,
  headers: { "Content-Type": "application/json", ...headers },
  body: JSON.stringify(body),
});

/** @type {Set<string>} */
const warned = new Set();

/** Says something to the page's author, once. @param {string} text */
const warn = (text) => {
  // biome-ignore lint/suspicious/noConsole: the page's author has to know.
  if (warned.size < warned.add(text).size) console.warn(`reader-reactions: ${text}`);
};

/** Where the installation sends this module; nowhere where the page has it inlined, or from another place. */
const source = urlOf(import.meta.url);
const HOME = /^\/embed\/(.+\/)?reactions\.js$/.test(source.pathname) ? source.origin : "";

/** Resolves once a page that was loaded in advance is seen. */
const seen = new Promise((resolve) => {
  if (/** @type {any} */ (document).prerendering) on(document, "prerenderingchange", resolve);
  else resolve(null);
});

/** The browser's storage; in a sandboxed frame reading it throws. */
const store = {
  /** @param {string} key */
  get(key) {
    try {
      return JSON.parse(localStorage.getItem(key) ?? "null");
    } catch {
      return null;
    }
  },
  /** @param {string} key @param {unknown} value */
  set(key, value) {
    try {
      if (value) localStorage.setItem(key, JSON.stringify(value));
      else localStorage.removeItem(key);
    } catch {
      // For this visit only, then.
    }
  },
};

/**
 * Runs `work` while no other tab runs what has the same name. A browser that blocks cookies refuses locks, too.
 *
 * @template T
 * @param {string} name
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
const alone = async (name, work) => {
  let isRunning = false;
  const run = () => {
    isRunning = true;
    return work();
  };
  try {
    return await (navigator.locks ? navigator.locks.request(name, run) : run());
  } catch (error) {
    if (isRunning) throw error;
    return run();
  }
};

/** Who is signed in at the host page, if it says so. @type {GetToken | null} */
let getHostToken = null;
/** Counts sign-outs: what was asked before the last one is of nobody here. */
let session = 0;

/** @param {GetToken | null} ask */
const signIn = (ask) => {
  const isNew = !getHostToken;
  if (!ask) return signOut();
  getHostToken = ask;
  if (isNew) for (const site of sites.values()) site.readChosen();
};

const signOut = () => {
  getHostToken = null;
  session++;
  for (const site of sites.values()) site.forget();
};

/**
 * The reader of this browser at one site: by cookie on the site's own pages, else by a token in a header. A guest's is
 * in the storage of the page's origin; that of the host's signed-in reader is in memory alone.
 *
 * @param {Site} site
 */
const readerAt = ({ isOwn, name, fetch }) => {
  let keepsCookie = isOwn;
  let token = "";
  /** Whether the token is of the host's signed-in reader. */
  let isHosts = false;
  let isGuest = false;
  let expiresAt = 0;
  /** @type {Promise<Response | null | undefined> | null} */
  let exchange = null;
  const stored = () => {
    const found = isOwn ? "" : store.get(name);
    // Anything else cannot be in a header.
    return /^[!-~]+$/.test(found ?? "") ? String(found) : "";
  };
  /** @param {string} refused */
  const drop = (refused) => {
    if (stored() === refused) store.set(name, "");
    if (token === refused) token = "";
  };
  token = stored();

  /** @param {string} path @param {RequestInit} [request] */
  const call = (path, request) => {
    const headers = new Headers(request?.headers);
    if (!keepsCookie && token) headers.set("Authorization", `Reader ${token}`);
    return fetch(path, { ...request, headers, credentials: isOwn ? "same-origin" : "omit" });
  };

  /** Exchanges the host's token, which may have expired, for one of this site. @returns {Promise<Response | null | undefined>} the refusal */
  const exchangeToken = async () => {
    const asked = session;
    let response;
    for (let attempt = 0; attempt < 2 && (!response || response.status === 401); attempt++) {
      const jwt = await getHostToken?.();
      if (asked !== session) return null;
      isGuest = !jwt;
      if (!jwt) {
        if (isHosts) signOut();
        return null;
      }
      if (isHosts) token = "";
      response = await call("/readers/", json("POST", { jwt }));
      // Where it is not the host's token that is refused, it is the guest's.
      if (response.status === 401 && !(await response.clone().text()).includes("jwt")) drop(token);
    }
    if (!response?.ok) return response;
    const answer = await response.json();
    if (asked !== session) return null;
    drop(token);
    token = answer.token;
    expiresAt = Date.parse(answer.expires_at);
    isHosts = true;
    return null;
  };

  /** @returns {Promise<Response | null | undefined>} the refusal */
  const identify = async () => {
    if (isOwn || !getHostToken || (isHosts && Date.now() < expiresAt)) return null;
    exchange ??= exchangeToken().finally(() => {
      exchange = null;
    });
    return exchange;
  };

  /** Other tabs wait: the second has the cookie of the first. @returns {Promise<Response | null>} the refusal */
  const get = () =>
    alone(`${name} reader`, async () => {
      token = stored();
      if (token) return null;
      const response = await call("/readers/", { method: "POST" });
      if (!response.ok) return response;
      token = (await response.json()).token;
      if (!isOwn) store.set(name, token);
      return null;
    });

  /**
   * Asks as this reader. Only what `gets` a reader makes one: the first press gets it, and then sends the reaction: sent
   * twice, it counts once. Where the site refuses the token, it gets another, once.
   *
   * @param {string} path
   * @param {RequestInit} [request]
   * @param {number} [asked] the session
   * @param {boolean} [gets]
   * @returns {Promise<Response>}
   */
  const ask = async (path, request, asked = session, gets) => {
    for (let left = 3; ; ) {
      const had = token;
      const refusal = (await identify()) || (gets && !token && (await get()));
      if (asked !== session) throw asked;
      const used = token;
      const response = refusal || (await call(path, request));
      left -= isHosts ? 2 : 1;
      if (refusal || response.status !== 401 || left < 1) return response;
      if (isHosts) expiresAt = 0;
      // Not the one that another call has got meanwhile.
      else if (had) drop(used);
      // The browser has not kept the cookie that came with the token.
      else if (gets && keepsCookie) keepsCookie = false;
      else return response;
    }
  };

  return {
    ask,
    /** Whether there may be a reader at all. */
    mayExist: () => isOwn || token || getHostToken,
    /** Whether the next page knows this reader, too. */
    remembers: () => isHosts || keepsCookie || (!isOwn && stored() === token),
    /** Whether what this reader chose may be kept for the next page, where somebody else may be signed in. */
    keeps: () => !getHostToken || isGuest,
    isHosts: () => isHosts,
    /** For the site's page of what is stored, which a page of another origin has to name its reader to. */
    token: () => (isOwn ? "" : token),
    /** Forgets who was signed in at the host. Returns whether there was, or may be, somebody. */
    leave() {
      const was = isHosts || exchange;
      if (isHosts) token = "";
      isHosts = false;
      exchange = null;
      return was;
    },
  };
};

/** What is known of one article, and what its reader chose. Each change is shown by all its elements at once. */
class Article {
  /** @type {Set<ReaderReactions>} */
  views = new Set();
  /** @type {string | null} null while it is not known */
  state = null;
  /** @type {string[]} */
  allowed = [];
  /** @type {Counts | null} */
  counts = null;
  id = "";
  token = "";
  most = 1;
  /** Whether this page may not react to it. */
  isRefused = false;
  /** The site's verification of a page that it did not know. @type {Promise<void> | null} */
  sighting = null;
  /** @type {string[]} what the server has of this reader */
  chosen = [];
  /** @type {string[] | null} what is not acknowledged yet */
  pending = null;
  /** @type {string[] | null} what an undo would bring back */
  undo = null;
  /** @type {[key: string, values?: Record<string, unknown>]} */
  notice = ["", {}];
  #site;
  /** @type {Promise<void> | null} */
  #sending = null;
  #version = -1;
  #epoch = "";
  #awaitedUntil = 0;
  #readAt = 0;
  #undoTimer = 0;
  #lastPress = { kind: "", at: -1e9 };
  #spokenAt = now();

  /** @param {Site} site @param {string} key */
  constructor(site, key) {
    this.#site = site;
    this.key = key;
  }

  /** As it is in a URL. */
  get address() {
    return encodeURIComponent(this.id || this.key);
  }

  get path() {
    return `/articles/${this.address}/reactions/`;
  }

  /** What the reader sees as chosen. */
  get value() {
    return this.pending ?? this.chosen;
  }

  /** The counts with the reader's last press in them. @returns {Counts | null} */
  get shown() {
    if (!this.counts) return null;
    const shown = { ...this.counts };
    for (const kind of this.chosen) shown[kind] = Math.max(0, (shown[kind] ?? 0) - 1);
    for (const kind of this.value) shown[kind] = (shown[kind] ?? 0) + 1;
    return shown;
  }

  get isClosed() {
    return this.state === "closed";
  }

  get isReadOnly() {
    return this.isRefused || this.#site.isRefused;
  }

  /** Whether it is named by its address alone, as a page that the site may not know yet. */
  get isPage() {
    return !this.id && this.key.includes("/");
  }

  /** Whether the page shows more of it than a list does. */
  get isWhole() {
    return [...this.views].some((view) => !view.isSummary);
  }

  changed() {
    for (const view of this.views) view.render();
  }

  /** @param {string} key @param {Record<string, unknown>} [values] */
  say(key, values) {
    this.#spokenAt = now();
    this.notice = [key, values];
    this.changed();
  }

  /** A press of one button. A second one within half a second is a double click. @param {string} kind */
  async press(kind) {
    const { kind: last, at } = this.#lastPress;
    this.#lastPress = { kind, at: now() };
    if (kind === last && now() - at < DOUBLE_CLICK_MS) return;
    const had = this.value.includes(kind);
    if (this.isClosed) return this.say("closed");
    if (this.isReadOnly) return this.say("not_here");
    if (!had && this.state && !this.allowed.includes(kind)) return this.say("not_allowed");
    const others = this.value.filter((each) => each !== kind);
    if (had) this.set(others);
    else this.set(this.most === 1 ? [kind] : [...others, kind]);
  }

  /** Makes these the reader's reactions. @param {string[]} reactions */
  set(reactions) {
    this.#site.keep(this.id || this.key, null);
    this.pending = reactions;
    this.undo = null;
    this.changed();
    return this.send();
  }

  /** Sends the last choice, and the next once it is answered: two at once could arrive in either order. */
  send() {
    this.#sending ??= this.#sendAll().finally(() => {
      this.#sending = null;
    });
    return this.#sending;
  }

  async #sendAll() {
    while (this.pending) {
      const pending = this.pending;
      const asked = session;
      const slow = setTimeout(() => this.say("sending"), SLOW_MS);
      const outcome = (await this.#isStale(pending)) ? null : await this.#site.put(this, pending, asked);
      clearTimeout(slow);
      if (asked !== session) continue;
      if (outcome?.change) this.#accept(outcome.change, this.pending === pending);
      if (this.pending !== pending) continue;
      if (outcome?.again !== undefined) {
        this.#site.keep(this.id || this.key, { reactions: pending, token: this.token, at: Date.now() });
        this.#site.sendLater(outcome.again);
        this.say(outcome.busy ? "busy" : navigator.onLine ? "unreachable" : "waiting");
        break;
      }
      this.pending = null;
      if (outcome?.refusal) {
        this.#site.keep(this.id || this.key, null);
        this.say(outcome.refusal);
        this.#site.refresh();
      }
    }
    this.changed();
  }

  /**
   * Whether what is to be taken back is no longer what the reader has: then it shows what they chose elsewhere.
   *
   * @param {string[]} pending
   */
  async #isStale(pending) {
    const known = this.chosen;
    if (pending.length >= known.length || now() - this.#readAt < SLOW_MS) return false;
    await this.readChosen();
    const isStale = known.some((kind) => !this.chosen.includes(kind));
    if (isStale) this.#yours();
    return isStale;
  }

  /** @param {Change} change @param {boolean} isLast */
  #accept(change, isLast) {
    this.chosen = change.reactions;
    this.#readAt = now();
    if (isLast) this.pending = null;
    // The next version is the first that can include this change, and may never come, where the reader took the reaction
    // back before it was counted: for two seconds this one does not undo it.
    this.#version = change.version;
    this.#awaitedUntil = change.changed ? now() + SLOW_MS : 0;
    this.counts = change.counts;
    if (!isLast) return this.changed();
    if (change.changed && this.undo === null) {
      this.undo = change.previous;
      clearTimeout(this.#undoTimer);
      this.#undoTimer = setTimeout(() => this.#endUndo(), UNDO_MS);
    }
    if (change.changed && !change.reactions.length) this.say("taken_back");
    else this.#yours();
    this.#site.announce(this);
    for (const view of this.views) view.emit(change.previous);
  }

  #yours() {
    return this.say(this.chosen.length ? "yours" : "none", { kinds: this.chosen });
  }

  /** Longer, while the reader is at the button. */
  #endUndo() {
    if ([...this.views].some((view) => view.isAtUndo)) {
      this.#undoTimer = setTimeout(() => this.#endUndo(), UNDO_MS);
    } else {
      this.undo = null;
      this.changed();
    }
  }

  takeBack() {
    const before = this.undo ?? [];
    for (const view of this.views) view.leaveUndo();
    return this.set(before);
  }

  /** Reads what the reader chose, perhaps elsewhere. */
  readChosen() {
    return this.#site.readChosen([this]);
  }

  /** @param {string[]} chosen @param {{counts?: Counts}} [more] what another tab knows, too */
  adopt(chosen, { counts } = {}) {
    this.#readAt = now();
    this.counts = counts ?? this.counts;
    this.chosen = chosen;
    this.changed();
  }

  /** The reader has signed out. */
  forget() {
    this.pending = null;
    this.undo = null;
    this.notice = ["", {}];
    this.adopt([]);
  }

  /** What the site says of this article now. @param {Answer} answer @param {string} [epoch] */
  update({ article, state, allowed, counts, total, version }, epoch = this.#epoch) {
    if (!allowed) this.state = "missing";
    else if (state) {
      // Another id: the article was merged into another one.
      const isOther = this.id && this.id !== article;
      const isSame = epoch === this.#epoch && !isOther;
      const isNewer = !isSame || version > this.#version;
      if (!isNewer && (version < this.#version || now() < this.#awaitedUntil)) return;
      const isClosing = this.state === "open" && state === "closed";
      const isChange = isNewer && this.counts && !this.pending && now() - this.#spokenAt > SPEAK_MS;
      this.id = article;
      this.state = state;
      this.allowed = allowed;
      this.counts = total === null ? null : counts;
      this.#version = version;
      this.#epoch = epoch;
      if (isClosing) this.say("closed_now");
      else if (isChange && total !== null) this.say("live_more", { count: total });
      if (isOther && this.value.length) this.readChosen();
    }
    this.changed();
  }
}

/** The installation at one origin. */
class Site {
  /** @type {Map<string, Article>} by what the elements name */
  #articles = new Map();
  #follow;
  #post;
  #sendTimer = 0;
  /** Whether it is told what a reader opens. */
  views = false;
  #pause = SLOW_MS;
  #isAsked = false;
  /** @type {Map<string, Promise<Look>>} */
  #looks = new Map();

  /** @param {string} api */
  constructor(api) {
    this.api = api;
    this.isHere = api === origin;
    // In a frame there are no cookies, or those of another partition.
    this.isOwn = this.isHere && self === top;
    /** Whether this page's origin may not react. */
    this.isRefused = false;
    this.name = `newsroom ${api}`;
    this.reader = readerAt(this);
    [this.#follow, this.#post] = follow(this);
    const comeBack = () => {
      this.#pause = SLOW_MS;
      this.sendLater(1);
      this.readChosen(this.shown.filter(({ value }) => value.length));
    };
    /** A page from the history is as old as its first load. @param {boolean} isOld */
    const show = (isOld) => {
      if (!isOld) return;
      this.readChosen();
      this.refresh();
    };
    on(window, "online", comeBack);
    on(document, "visibilitychange resume", () => document.hidden || comeBack());
    on(window, "pageshow", ({ persisted }) => show(persisted));
    const [navigation] = /** @type {PerformanceNavigationTiming[]} */ (performance.getEntriesByType("navigation"));
    setTimeout(() => show(navigation?.type === "back_forward"));
    seen.then(() => this.sendLater(1));
  }

  /** @param {string} key */
  article(key) {
    const article =
      this.#articles.get(key) ?? [...this.#articles.values()].find(({ id }) => id === key) ?? new Article(this, key);
    this.#articles.set(key, article);
    return article;
  }

  /** Those that elements show. */
  get shown() {
    return [...new Set(this.#articles.values())].filter(({ views }) => views.size);
  }

  /** The elements of this page have changed: asks for what is not known, in one call, and for the stream. */
  changed() {
    if (this.#isAsked) return;
    this.#isAsked = true;
    setTimeout(async () => {
      await seen;
      this.#isAsked = false;
      const unknown = this.shown.filter(({ state }) => state === null).slice(0, MOST_COUNTS);
      if (unknown.length) {
        await this.#read(unknown);
        await this.readChosen(unknown);
      }
      this.#follow();
    });
  }

  /** The counts of all articles on this page; under an address of its own, for the host's service worker may keep the last. */
  refresh() {
    return this.#read(this.shown.slice(0, MOST_COUNTS), `&at=${Math.round(Date.now() / POLL_MS[0])}`);
  }

  /** @param {Article[]} articles @param {string} [end] */
  async #read(articles, end = "") {
    const answers = await this.#ask("", articles, (path) => this.fetch(path + end, { cache: "no-cache" }));
    articles.forEach((each, place) => {
      const answer = answers[place];
      if (!answer) return;
      const maySight = each.isPage && each.isWhole && !each.isRefused && !this.isHere;
      if (answer.allowed || !maySight) each.update(answer);
      else each.sighting ??= this.#sight(each);
      this.#unite(each);
    });
  }

  /** Two names of one article are one from now on. @param {Article} article */
  #unite(article) {
    const other = [...this.#articles.values()].find((each) => each !== article && each.id && each.id === article.id);
    if (!other || article.pending) return;
    this.#articles.set(article.key, other);
    for (const view of article.views) view.show(other);
  }

  /** What this reader chose, perhaps elsewhere. What was pressed meanwhile is newer. @param {Article[]} [articles] */
  async readChosen(articles = this.shown.slice(0, MOST_COUNTS)) {
    if (!this.reader.mayExist()) return;
    const asked = session;
    const known = articles.map(({ chosen }) => chosen);
    const answers = await this.#ask("mine/", articles, this.reader.ask);
    articles.forEach((each, place) => {
      const { reactions } = answers[place] ?? {};
      if (reactions && each.chosen === known[place] && asked === session) each.adopt(reactions);
    });
  }

  /** The host's reader has signed out. */
  forget() {
    if (this.reader.leave()) for (const each of new Set(this.#articles.values())) each.forget();
  }

  /**
   * The answers for these articles, in their order; for a list that is too long, in several calls.
   *
   * @param {string} what
   * @param {Article[]} articles
   * @param {(path: string) => Promise<Response>} get
   * @returns {Promise<any[]>}
   */
  async #ask(what, articles, get) {
    const keys = String(articles.map(({ address }) => address));
    const half = articles.length >> 1;
    if (half && keys.length > LONGEST_LIST) {
      const parts = [articles.slice(0, half), articles.slice(half)];
      return (await Promise.all(parts.map((part) => this.#ask(what, part, get)))).flat();
    }
    const response = keys ? await get(`/reactions/${what}?articles=${keys}`).catch(() => null) : null;
    const { results } = response?.ok ? await response.json().catch(() => ({})) : {};
    return results ?? articles.map(() => null);
  }

  /**
   * Has the site verify a page that it does not know: it may become an article, or be another address of one. Where the
   * site refuses it, the page shows the counts of its canonical link, and reacts to nothing.
   *
   * @param {Article} article
   */
  async #sight(article) {
    for (let left = SIGHTS; left; left--) {
      const response = await this.fetch("/sightings/", json("POST", { url: article.key })).catch(() => null);
      if (!response || response.status >= 500) break;
      if (response.status === 202) {
        const seconds = Number(response.headers.get("Retry-After")) || 1;
        await new Promise((resolve) => setTimeout(resolve, 1_000 * seconds));
        continue;
      }
      const answer = await response.json().catch(() => ({}));
      if (response.ok) article.id = answer.article;
      else {
        warn(`${article.key}: ${answer.detail}`);
        const canonical = /** @type {HTMLLinkElement | null} */ (document.querySelector("link[rel=canonical]"));
        article.isRefused = true;
        if (canonical) article.key = canonical.href;
      }
      await this.#read([article]);
      return this.readChosen([article]);
    }
    article.sighting = null;
  }

  /** @param {string} path @param {RequestInit} [request] */
  fetch = (path, request) => {
    const signal = AbortSignal.timeout(SEND_MS);
    return fetch(`${this.api}/api/v1${path}`, { signal, credentials: "omit", ...request });
  };

  /**
   * Sends a reader's choice; other tabs wait for the answer.
   *
   * @param {Article} article
   * @param {string[]} reactions
   * @param {number} asked the session
   * @returns {Promise<Outcome>}
   */
  put(article, reactions, asked) {
    return alone(`${this.name} ${article.id || article.key}`, async () => {
      try {
        if (article.isPage) {
          await this.#read([article]);
          await article.sighting;
        }
        if (article.isReadOnly) return { refusal: "not_here" };
        if (article.isPage) return article.state ? { refusal: "failed" } : { again: 1 };
        article.token ||= (await this.reader.ask(`${article.path}mine/`)).headers.get("Page-Token") ?? "";
        const request = { ...json("PUT", { reactions }, { "Page-Token": article.token }), keepalive: true };
        const response = await this.reader.ask(`${article.path}mine/`, request, asked, true);
        const { ok, status, headers } = response;
        const busy = status === 429;
        if (busy || status >= 500) return { again: 1_000 * Number(headers.get("Retry-After")) || 1, busy };
        const answer = await response.json();
        this.#pause = SLOW_MS;
        if (ok) return { change: answer };
        const reason = answer.type?.split(":").pop();
        return { refusal: reason === "closed" ? "closed_now" : reason === "not_allowed" ? reason : "failed" };
      } catch {
        return (await this.#isUnlisted()) ? { refusal: "not_here" } : { again: 1 };
      }
    });
  }

  /** Whether the site refuses this page's readers: the browser does not say why a call of theirs failed. */
  async #isUnlisted() {
    if (this.isHere) return false;
    const response = await this.fetch("/sites/here/").catch(() => null);
    this.isRefused = response?.status === 403;
    if (this.isRefused) {
      warn(`${origin} is not listed at ${this.api}.`);
      for (const each of this.shown) each.changed();
    }
    return this.isRefused;
  }

  /**
   * Keeps a choice in the browser until it is sent, or forgets it.
   *
   * @param {string} id
   * @param {{reactions: string[], token: string, at: number} | null} choice
   */
  keep(id, choice) {
    const key = `${this.name} waiting`;
    const { [id]: kept, ...others } = store.get(key) ?? {};
    if (choice && this.reader.keeps()) store.set(key, { ...others, [id]: choice });
    else if (kept) store.set(key, Object.keys(others).length && others);
  }

  /** Sends what waits, after so many milliseconds at least, and after ever longer pauses. @param {number} ms */
  sendLater(ms) {
    clearTimeout(this.#sendTimer);
    this.#sendTimer = setTimeout(
      () => this.#sendWaiting(),
      Math.max(ms, this.#pause > SLOW_MS ? about(this.#pause) : 0),
    );
    this.#pause = Math.min(this.#pause * 2, POLL_MS[1]);
  }

  #sendWaiting() {
    for (const [id, { reactions, token, at }] of Object.entries(store.get(`${this.name} waiting`) ?? {})) {
      const article = this.article(id);
      if (!article.isPage) article.id ||= id;
      article.token ||= token;
      if (Date.now() - at < KEEP_MS) article.pending ??= reactions;
      else this.keep(id, null);
    }
    for (const article of new Set(this.#articles.values())) article.send();
  }

  /** Says to other tabs what the reader chose. @param {Article} article */
  announce({ id, chosen, counts }) {
    this.keep(id, null);
    // Who reads the other tab is for that tab to say.
    this.#post(this.reader.isHosts() ? { id } : { id, chosen, counts });
  }

  /** What the elements need in one language: kinds, texts, markup, style sheet. @param {string} lang @returns {Promise<Look>} */
  look(lang) {
    const get = async () => {
      const answer = await fetch(`${this.api}/embed/${lang}.json?${VERSION}`, { credentials: "omit" });
      /** @type {Look} */
      const look = await answer.json();
      this.views = look.views && !(/** @type {any} */ (navigator).globalPrivacyControl);
      look.plurals = new Intl.PluralRules(look.lang);
      look.numbers = /** @type {Intl.NumberFormatOptions[]} */ ([
        {},
        { notation: "compact", maximumFractionDigits: 1 },
      ]).map((form) => new Intl.NumberFormat(look.lang, form));
      return look;
    };
    const asked = this.#looks.get(lang) ?? get();
    this.#looks.set(lang, asked);
    asked.catch(() => this.#looks.delete(lang));
    return asked;
  }
}

/**
 * The counts of a site's articles as they change, while the page is seen: one stream for all tabs of the browser, held
 * by the tab that has the lock, else by polling. Also hears what the reader chooses in other tabs. Returns what to call
 * when the elements of the page have changed, and what posts to the other tabs.
 *
 * @param {Site} site
 * @returns {[() => void, (message: unknown) => void]}
 */
const follow = (site) => {
  /** @type {BroadcastChannel | null | undefined} */
  let channel;
  const tab = Math.random();
  /** @type {EventSource | null} */
  let source = null;
  /** What the stream was opened for; while it rests, something that is nowhere. */
  let address = "";
  let works = false;
  let mute = 0;
  /** @type {Map<number, {keys: string[], at: number}>} what the other tabs show */
  const wanted = new Map();
  /** @type {AbortController | undefined} */
  let queue;
  /** Gives the lock back. @type {(() => void) | null} */
  let release = null;
  let heardAt = 0;
  let isCurrent = false;
  let pause = 0;
  let tick = 0;
  let watch = 0;
  let pollTimer = 0;
  let retryTimer = 0;
  let opened = "";
  const own = () => site.shown.flatMap(({ id }) => id || []);
  /** @param {unknown} message */
  const post = (message) => channel?.postMessage(message);

  /** @param {Answer} answer @param {string} epoch */
  const show = (answer, epoch) => {
    for (const each of site.shown)
      if ([each.id, each.key].includes(answer.article)) {
        if (answer.allowed) each.update(answer, epoch);
        // Gone, or merged into another one.
        else setTimeout(() => site.refresh(), about(LEADER_MS / 5));
      }
  };

  /** The one loop of polls; the first is at a moment of its own, so that many browsers do not come at once. */
  const poll = (ms = POLL_MS[0] + Math.random() * SPREAD_MS) => {
    clearTimeout(pollTimer);
    pollTimer = setTimeout(async () => {
      await site.refresh();
      pause = Math.min(1.5 * pause, POLL_MS[1]);
      if (tick && !works) poll(about(pause));
    }, ms);
  };

  /** @param {boolean} does */
  const setWorks = (does) => {
    if (does) clearTimeout(pollTimer);
    else if (works) {
      pause = POLL_MS[0];
      poll();
    }
    works = does;
  };

  const close = () => {
    clearTimeout(watch);
    clearTimeout(retryTimer);
    source?.close();
    source = null;
    address = "";
  };

  /** Polls, and tries the stream again soon; one that a proxy swallows, after some time. @param {boolean} isMute */
  const lose = (isMute) => {
    close();
    setWorks(false);
    address = "-";
    mute += Number(isMute);
    const rest = mute < MUTE_ATTEMPTS ? about(SPREAD_MS) : MUTE_PAUSE_MS;
    retryTimer = setTimeout(() => {
      address = "";
    }, rest);
  };

  /** @param {number} ms @param {boolean} isMute */
  const expect = (ms, isMute) => {
    clearTimeout(watch);
    watch = setTimeout(lose, ms, isMute);
  };

  const open = () => {
    const all = new Set([...own(), ...[...wanted.values()].flatMap(({ keys }) => keys)]);
    const next = `${site.api}/live/?articles=${[...all].slice(0, MOST_LIVE).sort()}`;
    if (!all.size || next === address || address === "-") return;
    close();
    address = next;
    const stream = new EventSource(next);
    source = stream;
    expect(MUTE_MS, true);
    on(stream, "counts gone merged status heartbeat", ({ data, lastEventId }) => {
      if (stream !== source) return;
      const answer = JSON.parse(data);
      const epoch = lastEventId.split("-")[1] ?? "";
      mute = 0;
      expect(SILENT_MS, false);
      setWorks(answer.live ?? true);
      if (!answer.article) return;
      post({ answer, epoch });
      show(answer, epoch);
    });
    // Any answer but a stream ends an EventSource for ever; else the browser connects again by itself.
    stream.onerror = () => stream === source && stream.readyState === EventSource.CLOSED && lose(false);
  };

  /** Waits for the lock; where browser or page has none, this tab has a stream of its own. @param {boolean} [steal] */
  const line = async (steal) => {
    const lead = () => {
      open();
      return new Promise((resolve) => {
        release = () => {
          release = null;
          resolve(null);
        };
      });
    };
    if (!channel || !navigator.locks) return lead();
    queue?.abort();
    const mine = new AbortController();
    queue = mine;
    try {
      await navigator.locks.request(`${site.name} live`, steal ? { steal } : { signal: mine.signal }, lead);
    } catch (error) {
      if (mine !== queue || mine.signal.aborted) return;
      // Another tab took it from this one, which was frozen; or the browser refuses locks.
      close();
      release = null;
      if (/** @type {Error} */ (error).name === "SecurityError") lead();
      else line();
    }
  };

  const stop = () => {
    clearInterval(tick);
    tick = 0;
    close();
    setWorks(false);
    clearTimeout(pollTimer);
    queue?.abort();
    release?.();
    post({ tab, keys: [] });
  };

  /** Says once that a reader has opened the one article of this page; as text, for which a browser asks no leave. */
  const say = () => {
    const [article, other] = site.shown.filter(({ isWhole }) => isWhole);
    const id = article?.id;
    if (!site.views || !id || id === opened || other) return;
    opened = id;
    site.fetch("/views/", { method: "POST", body: JSON.stringify({ article: id }), keepalive: true }).catch(() => null);
  };

  const beat = () => {
    say();
    if (release) {
      post({ leads: works });
      for (const [each, { at }] of wanted) if (now() - at > 2 * LEADER_MS) wanted.delete(each);
      open();
    } else if (now() - heardAt > LEADER_MS) {
      heardAt = now();
      line(true);
    } else if (works && !isCurrent) {
      // What the stream said before this tab listened.
      isCurrent = true;
      site.refresh();
    }
  };

  const start = () => {
    // A page that was loaded in advance is hidden, too.
    if (document.hidden || !site.shown.length) return stop();
    if (!tick) {
      heardAt = now();
      isCurrent = false;
      tick = setInterval(beat, 1_000);
      pause = POLL_MS[0];
      poll();
      line();
    }
    if (release) open();
    else post({ tab, keys: own() });
  };

  const listen = () => {
    channel = globalThis.BroadcastChannel && new BroadcastChannel(site.name);
    if (channel)
      on(channel, "message", ({ data }) => {
        if (data.id) {
          for (const each of site.shown)
            if (each.id === data.id && !each.pending) {
              if (data.chosen && !site.reader.isHosts()) each.adopt(data.chosen, data);
              else each.readChosen();
            }
        } else if (data.answer) show(data.answer, data.epoch);
        else if (data.keys) wanted.set(data.tab, { keys: data.keys, at: now() });
        else if (tick && !release) {
          heardAt = now();
          setWorks(data.leads);
          post({ tab, keys: own() });
        }
      });
  };
  const change = () => {
    stop();
    start();
  };
  // Firefox keeps a page for the history only where stream and lock are gone before it leaves, long before `pagehide`.
  on(document, "mousedown", ({ target }) => {
    if (!target.closest("a")) return;
    stop();
    // The link may open elsewhere.
    setTimeout(start, LEADER_MS);
  });
  // A message to a page that is kept for the history makes the browser forget it.
  on(window, "pagehide", () => {
    stop();
    channel?.close();
    channel = null;
  });
  on(window, "pageshow", ({ persisted }) => {
    if (!persisted) return;
    listen();
    change();
  });
  on(document, "visibilitychange resume", change);
  on(document, "freeze", stop);
  listen();
  return [start, post];
};

/** @type {Map<string, Site>} */
const sites = new Map();

/** @param {string} api */
const siteAt = (api) => {
  const site = sites.get(api) ?? new Site(api);
  sites.set(api, site);
  return site;
};

/**
 * The element that a piece of markup describes, without parsing text: some pages forbid that.
 *
 * @param {Markup} markup
 * @returns {HTMLElement}
 */
const grow = ([tag, attributes, ...children]) => {
  const namespace = /svg|path|rect/.test(tag) ? "2000/svg" : "1999/xhtml";
  const element = document.createElementNS(`http://www.w3.org/${namespace}`, tag);
  for (const name in attributes) element.setAttribute(name, attributes[name]);
  element.append(...children.map((child) => (typeof child === "string" ? child : grow(child))));
  return /** @type {HTMLElement} */ (element);
};

/** Whole percents that add up to 100: each is as much as it moves the rounded sum. @param {number[]} counts */
const percentsOf = (counts) => {
  const total = counts.reduce((sum, each) => sum + each, 0) || 1;
  let sum = 0;
  const rounded = () => Math.round((100 * sum) / total);
  return counts.map((each) => {
    const before = rounded();
    sum += each;
    return rounded() - before;
  });
};

/** @type {CSSStyleSheet | undefined} */
let sheet;

class ReaderReactions extends HTMLElement {
  static observedAttributes = ["article", "api", "lang", "layout", "kinds", "faces"];
  static version = VERSION;
  #root = this.shadowRoot ?? this.attachShadow({ mode: "open" });
  /** @type {Site | undefined} */
  #site;
  /** @type {Article | undefined} */
  #article;
  /** @type {Look | null} */
  #look = null;
  #built = "";
  #address = "";
  #isDue = false;
  #isLoaded = false;
  #done = () => {};
  /** Resolves to this element once it shows an article. @type {Promise<this>} */
  ready = new Promise((resolve) => {
    this.#done = () => resolve(this);
  });

  /** For pages whose readers sign in. @param {GetToken} ask */
  static signIn(ask) {
    signOut();
    signIn(ask);
  }

  constructor() {
    super();
    on(this.#root, "click", (event) => {
      const near = event.target.closest("a,button");
      // After the #, so that no server sees it.
      if (near?.href) near.hash = /** @type {Site} */ (this.#site).reader.token();
      else if (near) {
        event.preventDefault();
        const { kind } = near.dataset;
        if (kind) this.#article?.press(kind);
        else this.#article?.takeBack();
      }
    });
  }

  connectedCallback() {
    // Set before the element was defined.
    const { getToken } = this;
    if (Object.hasOwn(this, "getToken") && delete (/** @type {any} */ (this).getToken)) this.getToken = getToken;
    elements.add(this);
    this.due();
  }

  disconnectedCallback() {
    elements.delete(this);
    this.due();
  }

  attributeChangedCallback() {
    this.due();
  }

  get value() {
    return [...(this.#article?.value ?? [])];
  }

  get counts() {
    return this.#article?.shown ?? null;
  }

  get state() {
    return this.#article?.state ?? null;
  }

  get getToken() {
    return getHostToken;
  }

  /** Who is signed in at the host page, for all elements of the page. */
  set getToken(ask) {
    signIn(ask);
  }

  signOut() {
    signOut();
  }

  /** Sets the reader's reactions. @param {string[]} reactions */
  async react(reactions) {
    await this.#article?.set(reactions);
    return this.value;
  }

  /** Starts an element with `load="manual"`, which asks the site for nothing before. */
  load() {
    this.#isLoaded = true;
    this.due();
    return this.ready;
  }

  /** Looks at its attributes again, soon: changes of one task are one. */
  due() {
    if (this.#isDue) return;
    this.#isDue = true;
    queueMicrotask(() => {
      this.#isDue = false;
      this.#update();
    });
  }

  get isSummary() {
    return this.getAttribute("layout") === "summary";
  }

  /** The id or slug that `article` names, or the address of a page elsewhere. @param {string} api */
  #keyAt(api) {
    const named = this.getAttribute("article") ?? "";
    if (named !== "auto" && !named.includes("/")) return named;
    const url = urlOf(named === "auto" ? location.href : named);
    url.hash = "";
    const slug = url.origin === api && /^\/articles\/([^/]+)/.exec(url.pathname)?.[1];
    return slug ? decodeURIComponent(slug) : url.href;
  }

  #update() {
    const starts = this.isConnected && (this.#isLoaded || this.getAttribute("load") !== "manual");
    const given = this.getAttribute("api");
    const api = given ? urlOf(given).origin : HOME;
    if (!api) warn("this module is a copy: set `api`.");
    const key = starts && api ? this.#keyAt(api) : "";
    if (`${api} ${key}` !== this.#address) {
      this.#address = `${api} ${key}`;
      this.#site?.changed();
      this.show(undefined);
      if (key) {
        this.#site = siteAt(api);
        this.show(this.#site.article(key));
        this.#site.changed();
      }
    }
    if (key) this.#build(siteAt(api));
  }

  /** @param {Article} [article] */
  show(article) {
    this.#article?.views.delete(this);
    this.#article = article;
    if (!article) return;
    article.views.add(this);
    this.#read(article);
    this.render();
  }

  /** What the server wrote into the page. @param {Article} article */
  #read(article) {
    const template = this.querySelector("template");
    if (template && !this.#root.firstChild) this.#root.append(template.content);
    const { answer, mine, token, most } =
      /** @type {HTMLElement | undefined} */ (this.#root.querySelector(".widget"))?.dataset ?? {};
    article.token ||= token ?? "";
    article.most = Number(most ?? article.most);
    // The page of a frame is the same for all.
    if (mine === "?") this.#site?.readChosen([article]);
    else if (mine) article.adopt(mine.split(","));
    if (answer && article.state === null) article.update(JSON.parse(answer));
  }

  /** @param {Site} site */
  async #build(site) {
    const lang = this.lang || this.parentElement?.closest("[lang]")?.getAttribute("lang") || "en";
    const layout = this.getAttribute("layout") ?? "tiles";
    const kinds = this.getAttribute("kinds");
    const wanted = [lang, layout, kinds, this.getAttribute("faces"), site.api].join();
    if (wanted === this.#built) return;
    const isServers = !this.#built && this.#root.querySelector(".widget");
    this.#built = wanted;
    const look = await site.look(lang).catch(() => null);
    if (wanted !== this.#built) return;
    this.#look = look;
    if (!look) this.#built = "";
    else if (!isServers) {
      sheet ??= new CSSStyleSheet();
      sheet.replaceSync(look.style);
      this.#root.adoptedStyleSheets = [sheet];
      const widget = grow(look[layout === "summary" ? layout : "tiles"]);
      widget.classList.add(layout);
      for (const button of /** @type {NodeListOf<HTMLElement>} */ (widget.querySelectorAll(".kind"))) {
        const kind = button.dataset.kind ?? "";
        button.querySelector(".face")?.replaceWith(this.#face(kind));
        if (kinds && !kinds.split(/\W+/).includes(kind)) button.remove();
      }
      for (const link of widget.querySelectorAll("a")) link.href = site.api + link.getAttribute("href");
      this.#root.replaceChildren(widget);
      if (this.#article) this.#article.most = look.most;
    }
    this.render();
  }

  /** @param {string} kind */
  #face(kind) {
    const { face, emoji } = this.#look?.kinds[kind] ?? {};
    if (face && this.getAttribute("faces") !== "system") return grow(face);
    return grow(["span", { class: "face emoji", "aria-hidden": "true" }, emoji ?? ""]);
  }

  get isAtUndo() {
    return this.#root.activeElement?.matches(".undo");
  }

  /** The focus is never lost with the button that vanishes. */
  leaveUndo() {
    if (this.isAtUndo)
      /** @type {HTMLElement} */ (
        this.#root.querySelector("[aria-pressed=true]") ?? this.#root.querySelector(".kind")
      )?.focus();
  }

  /** @param {string[]} previous */
  emit(previous) {
    const detail = { article: this.#article?.id, value: this.value, previous, counts: this.counts };
    this.dispatchEvent(new CustomEvent("reactionchange", { bubbles: true, composed: true, detail }));
  }

  /**
   * A text in the language of the element: with the plural form of `count`, and numbers in its digits.
   *
   * @param {string} key
   * @param {Record<string, unknown>} [values]
   */
  #text(key, values = {}) {
    const { texts, kinds, lang, plurals } = /** @type {Look} */ (this.#look);
    const found = texts[key] ?? "";
    const form =
      typeof found === "string" ? found : (found[plurals.select(/** @type {number} */ (values.count))] ?? found.other);
    return form.replace(/%(%|\((\w+)\)s)/g, (_, sign, name) => {
      const value = values[name];
      if (Array.isArray(value))
        return new Intl.ListFormat(lang).format(value.map((kind) => kinds[kind]?.label ?? kind));
      return name ? this.#number(/** @type {number} */ (value)) : sign;
    });
  }

  /** @param {number} number */
  #number(number) {
    return /** @type {Look} */ (this.#look).numbers[Number(number >= 10_000)].format(number);
  }

  render() {
    const article = this.#article;
    const widget = /** @type {HTMLElement | null} */ (this.#root.querySelector(".widget"));
    if (!article || !widget) return;
    /** @param {string} selector @param {string} text @param {Element} within */
    const write = (selector, text, within = widget) => {
      const element = within.querySelector(selector);
      if (element && element.textContent !== text) element.textContent = text;
    };
    /** @param {string} selector @param {boolean} isShown */
    const show = (selector, isShown) => widget.querySelector(selector)?.toggleAttribute("hidden", !isShown);
    const { shown, value, state, isClosed, notice } = article;
    const counts = /** @type {[string, number][]} */ (Object.entries(shown ?? {}));
    const numbers = counts.map(([, count]) => count);
    const total = shown && numbers.reduce((sum, count) => sum + count, 0);
    const percents = percentsOf(numbers);
    widget.hidden = state === "hidden" || state === "missing";
    widget.classList.toggle("chosen", isClosed || value.length > 0);
    for (const button of /** @type {NodeListOf<HTMLElement>} */ (widget.querySelectorAll(".kind"))) {
      const kind = button.dataset.kind ?? "";
      const chosen = value.includes(kind);
      const mayPress = !state || chosen || article.allowed.includes(kind);
      // A kind that is no longer accepted stays in its place.
      if (mayPress || !button.dataset.seen) button.hidden = !mayPress;
      button.dataset.seen = state ?? "";
      button.ariaPressed = String(chosen);
      button.ariaDisabled = String(isClosed || article.isReadOnly || !mayPress);
      const place = counts.findIndex(([key]) => key === kind);
      const count = numbers[place];
      const percent = percents[place] ?? 0;
      button.querySelector("rect")?.setAttribute("width", String(percent));
      if (!this.#look) continue;
      const share = this.#text("share", { percent });
      write(".count", total ? this.#number(count) : "", button);
      write(".percent", count ? share : "", button);
      write("[id^=d]", shown ? `${this.#text("total", { count })}, ${share}` : "", button);
    }
    if (!this.#look) return;
    const others = Number(total) - 1;
    let sum = total === null ? "" : this.#text(total ? "total" : "be_first", { count: total });
    if (total && value.length && article.most === 1)
      sum = this.#text(others ? "you_and" : "only_you", { count: others });
    const leading = /** @type {HTMLElement | null} */ (widget.querySelector(".leading"));
    if (leading) {
      const top = counts
        .filter(([, count]) => count)
        .sort(([, a], [, b]) => b - a)
        .slice(0, 3)
        .map(([kind]) => kind);
      if (leading.dataset.kinds !== String(top)) leading.replaceChildren(...top.map((kind) => this.#face(kind)));
      leading.dataset.kinds = String(top);
      // A link has to say something.
      if (!total && !this.closest("a")) sum = "";
    } else if (isClosed) sum = `${this.#text("closed")} ${total ? sum : ""}`;
    write(".sum", sum);
    const [key, values] = notice;
    const kept = key === "yours" && !this.#site?.reader.remembers() ? ` ${this.#text("no_cookie")}` : "";
    if (key) write("[role=status]", this.#text(key, values) + kept);
    show(".undo", !!article.undo);
    show("slot", !!value.length);
    if (state) this.#done();
  }
}

/** @type {Set<ReaderReactions>} */
const elements = new Set();
const defined = /** @type {any} */ (customElements.get("reader-reactions"));
if (defined) {
  warn(`version ${defined.version} is there already, not ${VERSION}.`);
} else {
  customElements.define("reader-reactions", ReaderReactions);
  new MutationObserver(() => {
    for (const element of elements) element.due();
  }).observe(document, { subtree: true, attributeFilter: ["lang"] });
  // A page may change its address and its canonical link without loading: not every browser has an event for it.
  setInterval(() => {
    for (const element of elements) if (element.getAttribute("article") === "auto") element.due();
  }, 300);
}
