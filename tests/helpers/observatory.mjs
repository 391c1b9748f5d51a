/**
 * Grades a site on the loopback by the rules of Mozilla's HTTP Observatory, as its own scan() does, which takes no ports.
 * Arguments: folder of its sources, host, ports of http and https, path. Prints `{grade, score, tests: {name: [result, modifier]}}`.
 */
import dns from "node:dns";
import { join } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";

const [sources, host, httpPort, httpsPort, path] = process.argv.slice(2);

// The host is nowhere but here, and nothing else is asked for.
dns.lookup = (name, options, callback) => {
  if (name !== host) return callback(new Error(`asked for ${name}`));
  return options.all ? callback(null, [{ address: "127.0.0.1", family: 4 }]) : callback(null, "127.0.0.1", 4);
};

const load = (file) => import(pathToFileURL(join(sources, file)).href);
const { retrieve } = await load("retriever/retriever.js");
const { ALL_TESTS } = await load("constants.js");
const { getGradeForScore, getScoreModifier } = await load("grader/grader.js");
const { MINIMUM_SCORE_FOR_EXTRA_CREDIT } = await load("grader/charts.js");

const site = await retrieve(host, { httpPort, httpsPort, path });
if (site.responses.auto?.status !== 200) throw new Error(`${path} answered ${site.responses.auto?.status ?? "nothing"}`);
const results = ALL_TESTS.map((test) => test(site));
const modifiers = results.map(({ result }) => getScoreModifier(result));
const sum = (numbers) => numbers.reduce((all, each) => all + each, 100);
const uncurved = sum(modifiers.filter((modifier) => modifier < 0));
const { grade, score } = getGradeForScore(uncurved >= MINIMUM_SCORE_FOR_EXTRA_CREDIT ? sum(modifiers) : uncurved);
const tests = Object.fromEntries(results.map((each, index) => [each.constructor.name, [each.result, modifiers[index]]]));
process.stdout.write(JSON.stringify({ grade, score, tests }));
