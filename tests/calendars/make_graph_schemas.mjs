// Writes graph_schemas.json: JSON Schemas of the few Microsoft Graph v1.0 calls that the bot makes.
//
// Their origin is the npm package @softeria/ms-365-mcp-server (MIT licence, © Softeria), whose zod
// schemas are generated from Microsoft's OpenAPI description. Node 20 is needed to make the file,
// not to run the tests:
//
//   npm pack @softeria/ms-365-mcp-server@0.155.0 && tar xzf softeria-ms-365-mcp-server-0.155.0.tgz
//   npm install --no-save zod@3.25.76 zod-to-json-schema@3.25.1
//   node …/make_graph_schemas.mjs package > …/graph_schemas.json      (from that folder)
//
// The schemas of the package let any further key pass. Here a request is strict: it may have the
// named keys and no others, and must have those whose description begins with "Required.". Answers stay lenient, since the package knows only part of an event.

import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const CALLS = [
  ["get", "/me"],
  ["get", "/me/calendarView/delta()"],
  ["get", "/me/events/:eventId"],
  ["patch", "/me/events/:eventId"],
  ["post", "/me/events/:eventId/accept"],
  ["post", "/me/events/:eventId/decline"],
  ["post", "/me/events/:eventId/tentativelyAccept"],
  ["get", "/me/mailboxSettings"],
  ["post", "/subscriptions"],
  ["delete", "/subscriptions/:subscriptionId"],
];
// The package has this call for a named calendar only; Graph offers it on the default one as well.
const RENAMED = {
  "/me/calendars/:calendarId/events/:eventId/instances": "/me/events/:eventId/instances",
};
const ODATA = new Set(["count", "expand", "filter", "orderby", "search", "select", "skip", "top"]);
const ANSWERS = ["event", "eventCollectionResponse", "mailboxSettings", "subscription"];

const folder = resolve(process.argv[2]);
const generated = join(folder, "dist", "generated");
const source = readFileSync(join(generated, "client.js"), "utf8");
const opened = join(generated, "client-opened.mjs");
const names = ANSWERS.map((name) => `microsoft_graph_${name}`);
writeFileSync(opened, `${source}\nexport { endpoints, ${names.join(", ")} };\n`);
const client = await import(pathToFileURL(opened));
const { zodToJsonSchema } = createRequire(join(folder, "package.json"))("zod-to-json-schema");

const isAnything = (schema) =>
  schema.type === "object" && Object.keys(schema.properties ?? {}).length === 0;

const isNothing = (schema) => Object.keys(schema.not ?? { no: 1 }).length === 0;
const isRequired = (schema) => /^Required\. /.test(schema.description ?? "");

/** Strip what is prose, close objects when `strict`, and undo the unions "or absent", "or null". */
function plain(schema, strict) {
  if (Array.isArray(schema)) return schema.map((each) => plain(each, strict));
  if (schema === null || typeof schema !== "object") return schema;
  if (schema.anyOf?.length === 2 && schema.anyOf.some(isNothing)) {
    return plain(schema.anyOf.find((each) => !isNothing(each)), strict);
  }
  if (schema.anyOf?.length === 2 && schema.anyOf.some(isAnything)) {
    const kept = schema.anyOf.find((each) => !isAnything(each));
    return { anyOf: [plain(kept, strict), { type: "null" }] };
  }
  const result = {};
  for (const [key, value] of Object.entries(schema)) {
    if (["description", "$schema", "default", "markdownDescription"].includes(key)) continue;
    result[key] =
      key === "properties"
        ? Object.fromEntries(Object.entries(value).map(([name, each]) => [name, plain(each, strict)]))
        : plain(value, strict);
  }
  if (schema.type === "object" && schema.properties) {
    const required = Object.keys(schema.properties).filter((key) => isRequired(schema.properties[key]));
    if (strict && required.length) result.required = required;
    result.additionalProperties = !strict;
  }
  return result;
}

const asJson = (zod, strict) => plain(zodToJsonSchema(zod, { $refStrategy: "none" }), strict);

function call(endpoint) {
  const of = (kind) => endpoint.parameters.filter((each) => each.type === kind);
  const [body] = of("Body");
  return {
    method: endpoint.method.toUpperCase(),
    path: (RENAMED[endpoint.path] ?? endpoint.path).replace(/:(\w+)/g, "{$1}"),
    query: Object.fromEntries(
      of("Query").map((each) => [
        ODATA.has(each.name) ? `$${each.name}` : each.name, // the package takes the sign away
        { required: !each.schema.isOptional(), schema: asJson(each.schema, true) },
      ]),
    ),
    body: body ? asJson(body.schema, true) : null,
  };
}

const wanted = new Set([
  ...CALLS.map(([method, path]) => `${method} ${path}`),
  ...Object.keys(RENAMED).map((path) => `get ${path}`),
]);
const calls = client.endpoints
  .filter((each) => wanted.delete(`${each.method} ${each.path}`))
  .map(call);
if (wanted.size) throw new Error(`not in the package: ${[...wanted].join(", ")}`);

const answers = Object.fromEntries(
  ANSWERS.map((name) => [name, asJson(client[`microsoft_graph_${name}`], false)]),
);
const origin =
  "Made by make_graph_schemas.mjs from the npm package @softeria/ms-365-mcp-server 0.155.0 " +
  "(MIT licence, copyright Softeria), itself generated from Microsoft's OpenAPI description.";
process.stdout.write(`${JSON.stringify({ $comment: origin, calls, answers }, null, 1)}\n`);
