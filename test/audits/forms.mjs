// Judges forms as a frontend would, with ajv in its strict mode. Standard input
// is a list of {name, schema, cases: [{form, accepted}]}; each schema must
// compile, and each form must be judged as the server judged it.
import { readFileSync } from "node:fs";
import Ajv from "ajv/dist/2020.js";
import formats from "ajv-formats";

let judged = 0;
let wrong = 0;
for (const { name, schema, cases } of JSON.parse(readFileSync(0, "utf8"))) {
  const ajv = formats(new Ajv({ strict: true, allErrors: true }));
  let validate;
  try {
    validate = ajv.compile(schema);
  } catch (e) {
    console.log(`${name}: ${e.message}`);
    wrong++;
    continue;
  }
  for (const { form, accepted } of cases) {
    judged++;
    if (validate(form) !== accepted) {
      wrong++;
      console.log(`${name}: the server ${accepted ? "accepts" : "refuses"} ${JSON.stringify(form)}; ${ajv.errorsText(validate.errors)}`);
    }
  }
}
console.log(`${judged} forms judged, ${wrong} differently`);
process.exit(wrong === 0 ? 0 : 1);
