/**
 * A mirror of all articles and counts, in types made from the API's document.
 *
 * `tsc --strict` checks it in `make lint`, so that it shows what the types are good for.
 */

import type { operations } from "./newsroom.d.ts";

type Page = operations["changes_list"]["responses"]["200"]["content"]["application/json"];
type Change = Page["results"][number];
type Counts = NonNullable<Change["counts"]>;

export class Mirror {
  readonly versions = new Map<string, number>();
  readonly counts = new Map<string, Counts>();
  #cursor = "";
  readonly #site: string;

  /** @param site as `https://news.example` */
  constructor(site: string) {
    this.#site = site;
  }

  /** Reads on until there is no more. Starts again where the cursor has expired. */
  async catchUp(): Promise<void> {
    for (let more = true; more; ) {
      const query = new URLSearchParams({ limit: "500", ...(this.#cursor && { cursor: this.#cursor }) });
      const answer = await fetch(`${this.#site}/api/v1/changes/?${query}`);
      if (answer.status === 410) {
        this.#cursor = "";
        this.versions.clear();
        this.counts.clear();
        continue;
      }
      if (!answer.ok) throw new Error(`${answer.status} ${answer.statusText}`);
      const page = (await answer.json()) as Page;
      page.results.forEach((change) => {
        this.#apply(change);
      });
      this.#cursor = page.next;
      more = page.more;
    }
  }

  #apply(change: Change): void {
    switch (change.kind) {
      case "content":
        this.versions.set(change.article, change.version ?? 0);
        break;
      case "gone":
        this.versions.delete(change.article);
        this.counts.delete(change.article);
        break;
      case "counts":
        if (change.counts) this.counts.set(change.article, change.counts);
        break;
      default:
        break; // a kind of a later release
    }
  }
}
