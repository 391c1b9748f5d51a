/** Loads this repository's files, compiled once, so that a file and what imports it can be evaluated again in milliseconds. */
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { compileFunction, constants } from "node:vm";
import { transformSync } from "esbuild";

type Factory = (exports: object, require: NodeJS.Require, module: { exports: object }, filename: string, dirname: string) => void;

interface Loaded {
  readonly module: { exports: object };
  readonly imports: Set<string>;
}

/** One evaluation of the files. */
export class Modules {
  private readonly loaded = new Map<string, Loaded>();

  /** @param texts what stands in the place of files, by absolute path */
  constructor(
    private readonly root: string,
    private readonly texts: ReadonlyMap<string, string>,
    private readonly compiled = new Map<string, Factory>(),
  ) {}

  /** A module's exports. */
  load<T>(path: string): T {
    return this.require(resolve(this.root, path)).module.exports as T;
  }

  /** The same modules but a file and all that import it, at whatever distance: those are evaluated anew when they are asked for. */
  without(file: string): Modules {
    const changed = this.importersOf(file);
    const next = new Modules(this.root, this.texts, this.compiled);
    for (const [path, loaded] of this.loaded) if (!changed.has(path)) next.loaded.set(path, loaded);
    return next;
  }

  /** A file and all that import it. */
  importersOf(file: string): ReadonlySet<string> {
    const found = new Set([resolve(this.root, file)]);
    for (let size = 0; size !== found.size;) {
      size = found.size;
      for (const [path, { imports }] of this.loaded) if ([...imports].some((each) => found.has(each))) found.add(path);
    }
    return found;
  }

  private require(path: string): Loaded {
    const known = this.loaded.get(path);
    if (known !== undefined) return known;
    const loaded: Loaded = { module: { exports: {} }, imports: new Set() };
    this.loaded.set(path, loaded);
    const outside = createRequire(path);
    const inside = (name: string): unknown => {
      const file = name.startsWith(".") ? this.fileOf(resolve(dirname(path), name)) : undefined;
      if (file === undefined) return outside(name);
      loaded.imports.add(file);
      return this.require(file).module.exports;
    };
    try {
      this.compile(path)(loaded.module.exports, Object.assign(inside, outside), loaded.module, path, dirname(path));
    } catch (error) {
      this.loaded.delete(path);
      throw error;
    }
    return loaded;
  }

  /** A file of ours; undefined: Node.js's own loader takes it (JSON, folders of packages). */
  private fileOf(path: string): string | undefined {
    return [`${path}.ts`, join(path, "index.ts"), path].find((each) => /\.[jt]s$/.test(each) && existsSync(each));
  }

  private compile(path: string): Factory {
    let factory = this.compiled.get(path);
    if (factory === undefined) {
      const { code } = transformSync(this.texts.get(path) ?? readFileSync(path, "utf8"), {
        loader: "ts",
        format: "cjs",
        platform: "node",
        target: "es2022",
        sourcefile: path,
      });
      factory = compileFunction(code, ["exports", "require", "module", "__filename", "__dirname"], {
        filename: path,
        importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
      }) as Factory;
      this.compiled.set(path, factory);
    }
    return factory;
  }
}
