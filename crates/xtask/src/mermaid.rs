//! Mermaid texts, read by Mermaid itself in Node.js.

use std::fs;
use std::process::Command;

use crate::process;
use crate::scratch::failed;
use crate::step::{Outcome, Stop};
use crate::workspace::{Workspace, minutes};

/// The versions that the check was made with.
const PACKAGES: [&str; 2] = ["mermaid@11.12.0", "jsdom@26.1.0"];

/// Parses every file and names what Mermaid does not take. A text that is no diagram has to be refused.
const SCRIPT: &str = r#"
import { readFileSync, readdirSync } from "node:fs";
import { JSDOM } from "jsdom";
const { window } = new JSDOM("<!doctype html><body></body>");
globalThis.window = window;
globalThis.document = window.document;
const { default: mermaid } = await import("mermaid");
const texts = readdirSync("texts").map((name) => [name, readFileSync(`texts/${name}`, "utf8")]);
let refused = 0;
for (const [name, text] of texts) {
  try {
    const { diagramType } = await mermaid.parse(text);
    if (diagramType !== "sequence") throw new Error(`taken for ${diagramType}`);
  } catch (error) {
    console.error(`${name}: ${error.message}`);
    refused += 1;
  }
}
const nonsense = await mermaid.parse("sequenceDiagram\n    A->>", { suppressErrors: true });
if (nonsense) { console.error("nonsense was taken for a diagram"); refused += 1; }
console.log(`${texts.length} texts`);
process.exit(refused || texts.length === 0 ? 1 : 0);
"#;

pub(crate) fn check(workspace: &Workspace) -> Outcome {
    let folder = workspace.target.join("mermaid");
    let texts = folder.join("texts");
    fs::create_dir_all(&texts).map_err(|error| failed("create", &texts, error))?;
    for program in ["node", "npm"] {
        if Command::new(program).arg("--version").output().is_err() {
            return Err(Stop::NotRun(format!("{program} is not here")));
        }
    }
    let installed = folder.join("installed");
    let wanted = PACKAGES.join(" ");
    if fs::read_to_string(&installed).is_ok_and(|found| found == wanted) {
        println!("{wanted} are there");
    } else {
        let mut install = Command::new("npm");
        install.args(["install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix"]);
        install.arg(&folder).args(PACKAGES);
        process::run(install, minutes(3)).map_err(|_| Stop::NotRun(format!("npm cannot get {wanted}")))?;
        fs::write(&installed, &wanted).map_err(|error| failed("write", &installed, error))?;
    }
    let mut write = workspace.cargo("", "test -p thalweg-diagram --test pictures mermaid");
    write.env("THALWEG_MERMAID", &texts);
    process::run_tests(write, minutes(8))?;
    let script = folder.join("parse.mjs");
    fs::write(&script, SCRIPT).map_err(|error| failed("write", &script, error))?;
    let mut parse = Command::new("node");
    parse.arg("parse.mjs").current_dir(&folder);
    let said = process::read(parse, minutes(2))?;
    Ok(format!("{} parsed by {}", said.trim(), PACKAGES[0]))
}
