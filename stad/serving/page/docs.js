// Show an OpenAPI description.
const schemas = (data.components || {}).schemas || {};

function schemaOf(value) {
  if (!value) return null;
  return value.$ref ? schemas[value.$ref.split("/").pop()] : value;
}

function typeText(value) {
  if (value.$ref) return value.$ref.split("/").pop();
  if (value.anyOf) return value.anyOf.map(typeText).join(" or ");
  if (value.type === "array") return `list of ${typeText(value.items || {})}`;
  if (value.enum) return value.enum.join(", ");
  return value.type || "any";
}

function makeTable(heads, rows) {
  const table = make("table"), head = make("tr"), body = make("tbody");
  heads.forEach((one) => head.append(make("th", {}, one)));
  for (const cells of rows) {
    const row = make("tr");
    for (const [index, cell] of cells.entries()) {
      const box = make("td");
      box.append(index ? cell : make("code", {}, cell));
      row.append(box);
    }
    body.append(row);
  }
  const top = make("thead");
  top.append(head);
  table.append(top, body);
  const box = make("div", { class: "table" });
  box.append(table);
  return box;
}

// Descriptions are Markdown; of it, only paragraphs and code words are used.
const plain = (text) => (text || "").replace(/(?<!\n)\n(?!\n)/g, " ").replaceAll("`", "");
const fieldRows = (schema) => Object.entries(schema.properties || {}).map(([name, value]) => [name, typeText(value), value.description || ""]);

function curlOf(method, path, operation) {
  const parts = [`curl -H "Authorization: Bearer $TOKEN"`];
  if (method !== "get") parts.push(`-X ${method.toUpperCase()}`);
  const content = ((operation.requestBody || {}).content) || {};
  if (content["multipart/form-data"]) parts.push("-F video=@party.mp4");
  else if (content["application/json"]) parts.push(`-H "Content-Type: application/json" -d '{...}'`);
  return `${parts.join(" ")} ${location.origin}${path}`;
}

function makeEndpoint(method, path, operation) {
  const box = make("details", { class: "endpoint" }), line = make("summary"), inside = make("div", { class: "inside" });
  line.append(make("code", { class: "method" }, method.toUpperCase()), make("code", {}, path), make("span", { class: "soft" }, operation.summary || ""));
  if (operation.description) inside.append(make("p", { class: "text" }, plain(operation.description)));
  inside.append(make("pre", {}, curlOf(method, path, operation)));
  const given = (operation.parameters || []).map((one) => [one.name, `${one.in}, ${typeText(one.schema || {})}`, one.description || (one.schema || {}).description || ""]);
  if (given.length) inside.append(makeTable(["parameter", "where and what", ""], given));
  const body = schemaOf((((operation.requestBody || {}).content || {})["application/json"] || {}).schema);
  if (body) inside.append(makeTable(["field of the body", "type", ""], fieldRows(body)));
  const answers = Object.entries(operation.responses || {}).map(([code, one]) => {
    const schema = ((one.content || {})["application/json"] || {}).schema;
    return [code, schema ? typeText(schema) : Object.keys(one.content || {}).join(", "), one.description || ""];
  });
  inside.append(makeTable(["status", "body", ""], answers));
  box.append(line, inside);
  return box;
}

$("title").textContent = data.info.title;
$("version").textContent = `version ${data.info.version}`;
$("text").textContent = plain(data.info.description);
const groups = new Map();
for (const [path, methods] of Object.entries(data.paths))
  for (const [method, operation] of Object.entries(methods)) {
    const name = (operation.tags || ["other"])[0];
    if (!groups.has(name)) groups.set(name, []);
    groups.get(name).push(makeEndpoint(method, path, operation));
  }
for (const [name, endpoints] of groups) {
  const card = make("section", { class: "card" });
  card.append(make("h2", {}, name), ...endpoints);
  $("groups").append(card);
}
const types = make("section", { class: "card" });
types.append(make("h2", {}, "types"));
for (const [name, schema] of Object.entries(schemas)) {
  const box = make("details", { class: "endpoint" }), inside = make("div", { class: "inside" });
  box.append(make("summary", {}, name), inside);
  if (schema.description) inside.append(make("p", { class: "text" }, plain(schema.description)));
  inside.append(makeTable(["field", "type", ""], fieldRows(schema)));
  types.append(box);
}
$("groups").append(types);
