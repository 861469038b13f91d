// @ts-check
// Offers the time zones that the browser knows in the lists of zones, once one of their fields is used.

const list = document.getElementById("zones");
for (const field of document.querySelectorAll("input[list=zones]")) {
  field.addEventListener(
    "focus",
    () => {
      if (!list || list.childElementCount > 0) return;
      list.append(...["UTC", ...Intl.supportedValuesOf("timeZone")].map((zone) => new Option(zone)));
    },
    { once: true },
  );
}
