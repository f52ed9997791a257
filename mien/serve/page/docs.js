// Makes a readable page of openapi.json: the usual viewers load megabytes of script, most of them from other servers.
import { element, table } from "./dom.js";

const at = (id) => document.getElementById(id);
const nameOf = (schema) => schema.$ref.split("/").at(-1);
const link = (schema) => element("a", { href: `#${nameOf(schema)}` }, nameOf(schema));

const kind = (schema) => {
  if (!schema) return [""];
  if (schema.$ref) return [link(schema)];
  if (schema.anyOf) return schema.anyOf.flatMap((one, index) => [...(index ? [" or "] : []), ...kind(one)]);
  if (schema.enum) return [schema.enum.map((value) => JSON.stringify(value)).join(" or ")];
  if (schema.type === "array") return ["list of ", ...kind(schema.items)];
  if (schema.additionalProperties) return ["object: each value ", ...kind(schema.additionalProperties)];
  const bounds = ["minimum", "maximum"].filter((key) => key in schema).map((key) => `${key} ${schema[key]}`);
  return [[schema.format === "binary" ? "file" : schema.type ?? "any", ...bounds].join(", ")];
};

const row = (...cells) => element("tr", {}, element("th", { scope: "row" }, cells[0]), ...cells.slice(1).map((cell) => element("td", {}, ...[cell].flat())));

const operation = (path, method, said) => {
  const parts = [element("h2", {}, element("span", { class: "method" }, method.toUpperCase()), " ", element("code", {}, path)), element("p", {}, `${said.summary}.`)];
  if (said.parameters) {
    parts.push(table("Parameters", ["Name", "Value", "Default", "Meaning"], said.parameters.map((one) =>
      row(element("code", {}, one.name), kind(one.schema), one.schema.default ?? "", one.description ?? one.schema.description ?? ""))));
  }
  if (said.requestBody) {
    parts.push(table("Body", ["Content-Type", "Content"], Object.entries(said.requestBody.content).map(([type, { schema }]) =>
      row(element("code", {}, type), schema.description ?? ""))));
  }
  parts.push(table("Answers", ["Status", "Meaning", "Body"], Object.entries(said.responses).map(([status, one]) =>
    row(status, one.description, Object.entries(one.content ?? {}).flatMap(([type, { schema }]) => (schema?.$ref ? kind(schema) : [type]))))));
  return element("section", {}, ...parts);
};

const fields = (name, { description, properties = {} }) => element("div", { id: name },
  element("h3", {}, name),
  description ? element("p", {}, description) : null,
  table(`Fields of ${name}`, ["Field", "Value", "Meaning"], Object.entries(properties).map(([field, schema]) =>
    row(element("code", {}, field), kind(schema), schema.description ?? ""))));

const here = (path) => new URL(path, location);
at("curl-one").textContent = `curl --data-binary @photo.jpg '${here("v1/predict?faces=all")}'`;
at("curl-many").textContent = `curl -F files=@first.jpg -F files=@second.heic '${here("v1/predict")}'`;
const api = await (await fetch("openapi.json")).json();
at("description").textContent = api.info.description;
at("paths").replaceChildren(...Object.entries(api.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, said]) => operation(path, method, said))));
at("objects").replaceChildren(...Object.entries(api.components.schemas).map(([name, schema]) => fields(name, schema)));
