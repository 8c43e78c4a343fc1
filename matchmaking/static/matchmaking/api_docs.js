"use strict";
const main = document.getElementById("main");
SwaggerUIBundle({ url: main.dataset.schema, domNode: main, deepLinking: true, validatorUrl: null });
