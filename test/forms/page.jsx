// Renders every form of window.forms and writes into the page what a person
// would miss: a field without its title or out of order, a choice without its
// words, a field that the library cannot show, a right form that it refuses.
import Form from "@rjsf/core";
import { customizeValidator } from "@rjsf/validator-ajv8";
import Ajv2020 from "ajv/dist/2020.js";
import { Component } from "react";
import { flushSync } from "react-dom";
import { createRoot } from "react-dom/client";

const validator = customizeValidator({ AjvClass: Ajv2020 });
const faults = [];
let fields = 0;

class Boundary extends Component {
  state = {};
  static getDerivedStateFromError(error) {
    return { error };
  }
  render() {
    return this.state.error ? `broken: ${this.state.error.message}` : this.props.children;
  }
}

const text = (e) => e.textContent.trim().replace(/\*$/, "").trim();

for (const { name, schema, form } of window.forms) {
  const at = document.body.appendChild(document.createElement("section"));
  const miss = (what) => faults.push(`${name}: ${what}`);
  flushSync(() => createRoot(at).render(<Boundary><Form schema={schema} formData={form} validator={validator} /></Boundary>));
  const shown = at.textContent;
  if (!at.querySelector("form") || /^broken|Unsupported field|Unknown field/.test(shown)) miss(shown.slice(0, 200));
  const labels = [...at.querySelectorAll("label, legend")].map(text);
  let last = -1;
  for (const [key, of] of Object.entries(schema.properties)) {
    fields++;
    const found = labels.indexOf(of.title, last + 1);
    if (found < 0) miss(`${key} (${of.title}) is not shown, or not in its place among ${labels}`);
    else last = found;
    const choices = (of.oneOf ?? of.items?.oneOf ?? []).map((c) => c.title);
    const words = [...at.querySelectorAll("option, label")].map(text);
    for (const c of choices) if (!words.includes(c)) miss(`${key} does not offer ${c}`);
  }
  const { errors } = validator.validateFormData(form, schema);
  if (errors.length > 0) miss(`refuses what is right: ${errors.map((e) => e.stack)}`);
}
document.title = "done";
const out = document.createElement("pre");
out.id = "out";
out.textContent = `${window.forms.length} forms with ${fields} fields rendered, ${faults.length} faults\n${faults.join("\n")}`;
document.body.replaceChildren(out);
