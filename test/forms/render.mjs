// Standard input is a list of {name, schema, form}: each form is rendered by
// react-jsonschema-form in a headless Chromium (BIHUAN_CHROMIUM, or
// the one of the PATH), filled in with what is right.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";

const here = import.meta.dirname;

const forms = JSON.stringify(JSON.parse(readFileSync(0, "utf8"))).replaceAll("<", "\\u003c");
const page = await build({ entryPoints: [join(here, "page.jsx")], bundle: true, write: false, jsx: "automatic", format: "iife", charset: "utf8",
  define: { "process.env.NODE_ENV": '"production"' } });
const folder = mkdtempSync(join(tmpdir(), "bihuan-forms-"));
try {
  const file = join(folder, "page.html");
  writeFileSync(join(folder, "page.js"), `window.forms = ${forms};\n${page.outputFiles[0].text}`);
  writeFileSync(file, '<!doctype html><meta charset="utf-8"><body></body><script src="page.js"></script>');
  const dom = execFileSync(process.env.BIHUAN_CHROMIUM || "chromium", ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", `--user-data-dir=${join(folder, "profile")}`,
    "--allow-file-access-from-files", "--dump-dom", pathToFileURL(file).href],
    { encoding: "utf8", maxBuffer: 64 << 20, timeout: 120_000, stdio: ["ignore", "pipe", "ignore"] });
  const out = /<pre id="out">([^]*?)<\/pre>/.exec(dom)?.[1] ?? `no answer: ${dom.slice(0, 1000)}`;
  console.log(out.trim());
  process.exitCode = / 0 faults$/.test(out.trim()) ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
