/** The reader of nginx configuration that the rules about the edge go by. Whether nginx reads it alike, tests/edge shows with nginx itself. */
import { directives, isClientAddress, mapped, parseNginx } from "../../policies/lib/nginx";

describe("a configuration", () => {
  it("is directives with words, in the order of the text, and blocks in blocks", () => {
    expect(
      parseNginx("worker_processes 2;\nhttp {\n  limit_req zone=api burst=20 nodelay;\n  server { listen 443 ssl; location / { } }\n}\n"),
    ).toEqual([
      { name: "worker_processes", words: ["2"] },
      {
        name: "http",
        words: [],
        block: [
          { name: "limit_req", words: ["zone=api", "burst=20", "nodelay"] },
          {
            name: "server",
            words: [],
            block: [
              { name: "listen", words: ["443", "ssl"] },
              { name: "location", words: ["/"], block: [] },
            ],
          },
        ],
      },
    ]);
    expect(parseNginx("")).toEqual([]);
    expect(parseNginx("  \n# nothing; but { a comment }\n")).toEqual([]);
  });

  it.each([
    ["a comment to the end of its line", "a 1; # b 2; }\nc 3;", ["a 1", "c 3"]],
    ["double quotes with blanks and marks", 'a "x ; { } # y";', ["a x ; { } # y"]],
    ["single quotes with blanks and marks", "a 'x ; { } # y';", ["a x ; { } # y"]],
    ["an empty text in quotes", `a "" '';`, ["a  "]],
    ["quotes in quotes", `a "it's" 'say "x"';`, [`a it's say "x"`]],
    ["escaped quotes and backslashes", String.raw`a "x\"y\\z" 'x\'y';`, [String.raw`a x"y\z x'y`]],
    ["any other escape, which stays", String.raw`a "x\ny" b\.c;`, [String.raw`a x\ny b\.c`]],
    ["a variable in braces", "a ${name}b$c x${d}y;", ["a ${name}b$c x${d}y"]],
    ["a quote inside a word", `a b"c'd;`, [`a b"c'd`]],
    ["a number sign inside a word", "a b#c;", ["a b#c"]],
  ])("may have %s", (_, text, wanted) => {
    expect(parseNginx(text).map(({ name, words }) => [name, ...words].join(" "))).toEqual(wanted);
  });

  it.each([
    ["a directive without a name", ";"],
    ["a directive without a name", "{ a; }"],
    ["a directive without a name", "a 1;;"],
    ["a quote without an end", 'a "b;'],
    ["a quote without an end", "a 'b;"],
    ["a brace that closes nothing", "}"],
    ["a brace that closes nothing", "a { b; } }"],
    ["a brace that closes nothing", "a { b }"],
    ["a block without an end", "a { b;"],
    ["a block without an end", "a { b { c; }"],
    ["a block without an end", "a 1"],
  ])("is none with %s: %s", (message, text) => {
    expect(() => parseNginx(text)).toThrow(new SyntaxError(message));
  });

  it("is read from the beginning again after one that was none", () => {
    expect(() => parseNginx('long_directive with words; "')).toThrow(SyntaxError);
    expect(parseNginx("a 1;")).toEqual([{ name: "a", words: ["1"] }]);
  });
});

describe("directives of a name", () => {
  const all = parseNginx("a 1; b { a 2; c { a 3; } } a 4 { a 5; }");
  const words = (found: readonly { readonly words: readonly string[] }[]) => found.map((each) => each.words.join(" "));

  it("are those among these", () => expect(words(directives(all, "a"))).toEqual(["1", "4"]));
  it("and, deep, those in their blocks", () => expect(words(directives(all, "a", true))).toEqual(["1", "2", "3", "4", "5"]));
  it("are none of another name", () => expect(directives(all, "d", true)).toEqual([]));
});

describe("a map", () => {
  const [map] = parseNginx('map $key $limit { default $binary_remote_addr; "" x; exempt ""; bare; }');

  it.each([
    ["exempt", ""],
    ["", "x"],
    ["bare", ""],
    ["anything else", "$binary_remote_addr"],
  ])("gives %j: %j", (value, wanted) => expect(mapped(map, value)).toBe(wanted));

  it("gives nothing for what it does not name, without a default", () => {
    expect(mapped(parseNginx("map $a $b { x y; }")[0], "z")).toBe(undefined);
    expect(mapped({ name: "map", words: ["$a", "$b"] }, "x")).toBe(undefined);
  });
});

describe("who the client is", () => {
  const maps = parseNginx(
    "map $binary_remote_addr $prefix { default x; } map $prefix $key { default y; } map $uri $page { default z; } map $loop $loop { default z; } map;",
  );

  it.each(["$remote_addr", "$binary_remote_addr", "a$remote_addr", "$prefix", "$key", "$uri$key"])("is said by %s", (variable) =>
    expect(isClientAddress(variable, maps)).toBe(true),
  );
  it.each(["$uri", "$page", "$loop", "", "$http_x_forwarded_for"])("is not said by %j", (variable) =>
    expect(isClientAddress(variable, maps)).toBe(false),
  );
  it("is not said by a map that is not there", () => expect(isClientAddress("$key", [])).toBe(false));
});
