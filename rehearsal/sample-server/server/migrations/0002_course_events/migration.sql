-- What was done to courses, by whom. No foreign keys: the record outlives both.
CREATE TABLE "CourseEvent" (
    "id" BIGSERIAL PRIMARY KEY,
    "at" TIMESTAMPTZ NOT NULL DEFAULT now(),
    "action" TEXT NOT NULL CHECK ("action" IN ('created', 'updated', 'deleted')),
    "courseId" INTEGER NOT NULL,
    "userId" INTEGER NOT NULL
);
CREATE INDEX "CourseEvent_courseId_idx" ON "CourseEvent" ("courseId");
