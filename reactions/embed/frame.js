// @ts-check
/**
 * The page of a frame: it says how high it is to the page that holds it, and takes the theme from it. Messages:
 * `{type: "newsroom:height", height}` to the parent, `{type: "newsroom:theme", theme}` from it; docs/widget.md.
 */

const SCHEMES = /** @type {Record<string, string>} */ ({ auto: "light dark", light: "light", dark: "dark" });

/** The parent's origin, where the browser says it: a message is for that origin alone. */
let parentOrigin = location.ancestorOrigins?.[0] ?? "";
if (!parentOrigin && document.referrer) parentOrigin = new URL(document.referrer).origin;

const say = () => {
  const height = Math.ceil(document.body.getBoundingClientRect().height);
  if (/^https?:/.test(parentOrigin)) parent.postMessage({ type: "newsroom:height", height }, parentOrigin);
};

addEventListener("message", ({ source, origin, data }) => {
  if (source !== parent || source === window) return;
  // The only thing that says it in a browser without ancestorOrigins, where the page sends no referrer.
  parentOrigin ||= origin;
  const scheme = data?.type === "newsroom:theme" && SCHEMES[data.theme];
  if (scheme) {
    document.querySelector("meta[name=color-scheme]")?.setAttribute("content", scheme);
    document.querySelector("reader-reactions")?.setAttribute("theme", data.theme);
  }
  say();
});

if (parent !== window) new ResizeObserver(say).observe(document.body);
