// @ts-check
/** Sets the focal point by a click on the picture. The two number fields hold it; they work without this file. */
class FocalPoint {
  #picture;
  #x;
  #y;
  #marker = document.createElement("span");

  /**
   * @param {HTMLElement} picture
   * @param {HTMLInputElement} x
   * @param {HTMLInputElement} y
   */
  constructor(picture, x, y) {
    this.#picture = picture;
    this.#x = x;
    this.#y = y;
    this.#marker.className = "focal-marker";
    picture.append(this.#marker);
    picture.classList.add("focal-point-live");
    picture.title = "Click what crops should keep";
    picture.addEventListener("pointerdown", (event) => this.#choose(event));
    for (const input of [x, y]) input.addEventListener("input", () => this.#show());
    this.#show();
  }

  /** @param {PointerEvent} event */
  #choose(event) {
    const box = this.#picture.getBoundingClientRect();
    this.#x.value = fraction(event.clientX - box.left, box.width);
    this.#y.value = fraction(event.clientY - box.top, box.height);
    this.#show();
  }

  #show() {
    this.#marker.style.left = `${Number(this.#x.value) * 100}%`;
    this.#marker.style.top = `${Number(this.#y.value) * 100}%`;
  }
}

/**
 * @param {number} offset
 * @param {number} size
 */
function fraction(offset, size) {
  return Math.min(Math.max(offset / size, 0), 1).toFixed(2);
}

const picture = document.querySelector("[data-focal-point]");
const x = document.querySelector("#id_focal_x");
const y = document.querySelector("#id_focal_y");
if (picture instanceof HTMLElement && x instanceof HTMLInputElement && y instanceof HTMLInputElement) {
  new FocalPoint(picture, x, y);
}
