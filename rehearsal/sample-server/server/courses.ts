/** Courses: everybody who is logged in reads them, their owner changes them. Each change leaves an event, in the same transaction. */
import { type Request, Router } from "express";
import type { Pool, PoolClient } from "pg";
import type { Callers } from "./accounts";
import { inTransaction } from "./database";
import { HttpError } from "./http-error";

/** Courses of one page. */
const PAGE_SIZE = 100;
const TITLE_LENGTH = 200;
const COLUMNS = `"id", "title", "ownerId", "createdAt", "updatedAt"`;

/** A row of the table. */
interface Course {
  readonly id: number;
  readonly title: string;
  readonly ownerId: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** `/`: GET (`?after=<id>`), POST; `/:id`: PUT, DELETE. */
export function courses(pool: Pool, callers: Callers): Router {
  const router = Router();

  router.get("/", async (request, response) => {
    await callers.require(request, response);
    const after = request.query["after"] === undefined ? 0 : identifier(request.query["after"]);
    const { rows } = await pool.query<Course>(`SELECT ${COLUMNS} FROM "Course" WHERE "id" > $1 ORDER BY "id" LIMIT $2`, [after, PAGE_SIZE]);
    response.json({ courses: rows });
  });

  router.post("/", async (request, response) => {
    const { userId } = await callers.require(request, response);
    const title = titleOf(request);
    const course = await inTransaction(pool, (client) =>
      change(client, "created", userId, `INSERT INTO "Course" ("title", "ownerId") VALUES ($1, $2) RETURNING ${COLUMNS}`, [title, userId]),
    );
    response.status(201).json(course);
  });

  router.put("/:id", async (request, response) => {
    const { userId } = await callers.require(request, response);
    const values = [titleOf(request), identifier(request.params.id), userId];
    const course = await inTransaction(pool, (client) =>
      change(
        client,
        "updated",
        userId,
        `UPDATE "Course" SET "title" = $1, "updatedAt" = now() WHERE "id" = $2 AND "ownerId" = $3 RETURNING ${COLUMNS}`,
        values,
      ),
    );
    response.json(course);
  });

  router.delete("/:id", async (request, response) => {
    const { userId } = await callers.require(request, response);
    const values = [identifier(request.params.id), userId];
    await inTransaction(pool, (client) =>
      change(client, "deleted", userId, `DELETE FROM "Course" WHERE "id" = $1 AND "ownerId" = $2 RETURNING ${COLUMNS}`, values),
    );
    response.status(204).end();
  });
  return router;
}

async function change(client: PoolClient, action: string, userId: number, statement: string, values: readonly unknown[]): Promise<Course> {
  const { rows } = await client.query<Course>(statement, [...values]);
  const [course] = rows;
  if (course === undefined) throw new HttpError(404, "no such course of yours");
  await client.query(`INSERT INTO "CourseEvent" ("action", "courseId", "userId") VALUES ($1, $2, $3)`, [action, course.id, userId]);
  return course;
}

function titleOf(request: Request): string {
  const { title } = (request.body ?? {}) as Record<string, unknown>;
  if (typeof title !== "string" || title.trim() === "" || title.length > TITLE_LENGTH)
    throw new HttpError(400, `give title, of 1 to ${TITLE_LENGTH} characters, as JSON`);
  return title.trim();
}

function identifier(text: unknown): number {
  if (typeof text !== "string" || !/^\d{1,9}$/.test(text)) throw new HttpError(404, "no such course");
  return Number(text);
}
