// @ts-check
/** Shows the API's description with Swagger UI, whose bundle the page has loaded before. Sends no cookie of its own. */

const { SwaggerUIBundle } = /** @type {any} */ (globalThis);
const calls = /** @type {HTMLElement} */ (document.getElementById("calls"));

SwaggerUIBundle({ domNode: calls, url: calls.dataset.schema, deepLinking: true, validatorUrl: null });
