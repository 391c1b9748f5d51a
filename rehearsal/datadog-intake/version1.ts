/** Monitors, synthetic tests, dashboards and log pipelines: the resources of version 1 of the API. */
import { randomBytes } from "node:crypto";
import type { Context, Route } from "./api";
import { notFound } from "./errors";
import { matchingDowntimes } from "./downtimes";
import { checkMonitor } from "./monitor-rules";
import type { Collection, Store, StoredRecord } from "./store";

/** How the resources of one collection come and go. */
interface Resource {
  readonly collection: Collection;
  /** Address of the collection; that of one resource is below it. */
  readonly address: string;
  /** Model of a new one, and of an update where that is another. */
  readonly models: readonly [create: string, update: string];
  /** For messages. */
  readonly title: string;
  /** What Datadog adds. */
  added(body: StoredRecord, store: Store): { readonly id: string; readonly members: StoredRecord };
  /** Rules that no model has. */
  check?(record: StoredRecord, store: Store): void;
  /** Members that an update leaves alone when it does not name them. @default all: an update replaces */
  readonly keeps?: "unnamed";
  readonly list: (records: StoredRecord[], context: Context) => unknown;
  readonly deleted?: (id: string) => unknown;
}

/** The record, or 404. */
export function existing({ store }: Pick<Context, "store">, collection: Collection, id: string | undefined, title: string): StoredRecord {
  const found = id !== undefined && Object.hasOwn(store.records[collection], id) ? store.records[collection][id] : undefined;
  if (found === undefined) throw notFound(title);
  return found;
}

const hex = (bytes: number) => randomBytes(bytes).toString("hex");
/** Three groups of three, as the public ids of dashboards and tests are. */
const publicId = () =>
  hex(5)
    .slice(0, 9)
    .replace(/(...)(?=.)/g, "$1-");
const now = () => new Date().toISOString();

const MONITORS: Resource = {
  collection: "monitors",
  address: "/api/v1/monitor",
  models: ["Monitor", "MonitorUpdateRequest"],
  title: "Monitor",
  keeps: "unnamed",
  check: checkMonitor,
  added(_body, store) {
    const number = store.nextNumber();
    return { id: String(number), members: { id: number, created: now(), overall_state: "No Data" } };
  },
  list: (records, { store, query }) =>
    query["with_downtimes"] === "true"
      ? records.map((monitor) => ({ ...monitor, matching_downtimes: matchingDowntimes(monitor, store) }))
      : records,
  deleted: (id) => ({ deleted_monitor_id: Number(id) }),
};

const TESTS: Resource = {
  collection: "synthetics",
  address: "/api/v1/synthetics/tests/api",
  models: ["SyntheticsAPITest", "SyntheticsAPITest"],
  title: "Synthetics test",
  added(_body, store) {
    const id = publicId();
    return { id, members: { public_id: id, monitor_id: store.nextNumber() } };
  },
  list: (tests) => ({ tests }),
};

const DASHBOARDS: Resource = {
  collection: "dashboards",
  address: "/api/v1/dashboard",
  models: ["Dashboard", "Dashboard"],
  title: "Dashboard",
  added({ title }) {
    const id = publicId();
    const slug = String(title)
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, "-");
    return { id, members: { id, url: `/dashboard/${id}/${slug}`, author_handle: "rehearsal", created_at: now() } };
  },
  list: (dashboards) => ({ dashboards }),
  deleted: (id) => ({ deleted_dashboard_id: id }),
};

const PIPELINES: Resource = {
  collection: "pipelines",
  address: "/api/v1/logs/config/pipelines",
  models: ["LogsPipeline", "LogsPipeline"],
  title: "Pipeline",
  added() {
    const id = hex(11);
    return { id, members: { id, type: "pipeline", is_read_only: false } };
  },
  list: (records) => records,
  deleted: () => undefined,
};

function routesOf(resource: Resource): Route[] {
  const { collection, address, models, title, list } = resource;
  const [createModel, updateModel] = models;
  const one = `${address}/:id`;
  const remove: Route[] =
    resource.deleted === undefined
      ? []
      : [
          {
            method: "delete",
            path: one,
            answer(context) {
              const id = context.path["id"] ?? "";
              existing(context, collection, id, title);
              delete context.store.records[collection][id];
              return resource.deleted?.(id);
            },
          },
        ];
  return [
    { method: "get", path: address, answer: (context) => list(Object.values(context.store.records[collection]), context) },
    { method: "get", path: one, answer: (context) => existing(context, collection, context.path["id"], title) },
    {
      method: "post",
      path: address,
      body: ["v1", createModel],
      answer({ store, body }) {
        const given = withoutNulls(body as StoredRecord);
        resource.check?.(given, store);
        const { id, members } = resource.added(given, store);
        return (store.records[collection][id] = { ...given, ...members });
      },
    },
    {
      method: "put",
      path: one,
      body: ["v1", updateModel],
      answer(context) {
        const id = context.path["id"] ?? "";
        const before = existing(context, collection, id, title);
        const given = withoutNulls({ ...(resource.keeps === "unnamed" ? before : addedTo(before)), ...(context.body as StoredRecord) });
        resource.check?.(given, context.store);
        return (context.store.records[collection][id] = given);
      },
    },
    ...remove,
  ];
}

/** Members that no caller gives: they survive an update. */
const ADDED = ["id", "public_id", "monitor_id", "url", "author_handle", "created_at", "type", "is_read_only"];
const addedTo = (record: StoredRecord) => Object.fromEntries(Object.entries(record).filter(([name]) => ADDED.includes(name)));
const withoutNulls = (record: StoredRecord) => Object.fromEntries(Object.entries(record).filter(([, value]) => value !== null));

const validateMonitor = (path: string): Route => ({
  method: "post",
  path,
  body: ["v1", "Monitor"],
  answer({ store, body }) {
    checkMonitor(body as StoredRecord, store);
    return {};
  },
});

/** Tests go many at a time. */
const deleteTests: Route = {
  method: "post",
  path: "/api/v1/synthetics/tests/delete",
  body: ["v1", "SyntheticsDeleteTestsPayload"],
  answer(context) {
    const { public_ids: ids = [] } = context.body as { public_ids?: string[] };
    for (const id of ids) existing(context, "synthetics", id, "Synthetics test");
    for (const id of ids) delete context.store.records.synthetics[id];
    return { deleted_tests: ids.map((id) => ({ public_id: id, deleted_at: now() })) };
  },
};

/** The routes. */
export const version1: readonly Route[] = [
  { method: "get", path: "/api/v1/validate", apiKeyOnly: true, answer: () => ({ valid: true }) },
  validateMonitor("/api/v1/monitor/validate"),
  validateMonitor("/api/v1/monitor/:id/validate"),
  deleteTests,
  {
    method: "get",
    path: "/api/v1/synthetics/tests",
    answer: (context) => TESTS.list(Object.values(context.store.records.synthetics), context),
  },
  ...[MONITORS, TESTS, DASHBOARDS, PIPELINES].flatMap(routesOf),
];
