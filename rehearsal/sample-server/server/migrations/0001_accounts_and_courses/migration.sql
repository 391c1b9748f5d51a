CREATE TABLE "User" (
    "id" SERIAL PRIMARY KEY,
    "email" TEXT NOT NULL UNIQUE,
    "passwordHash" TEXT NOT NULL,
    "createdAt" TIMESTAMPTZ NOT NULL DEFAULT now()
);

-- The key is the SHA-256 of the session's id: who reads the table cannot use the sessions.
CREATE TABLE "Session" (
    "idHash" CHAR(64) PRIMARY KEY,
    "userId" INTEGER NOT NULL REFERENCES "User" ("id") ON DELETE CASCADE,
    "expiresAt" TIMESTAMPTZ NOT NULL
);
CREATE INDEX "Session_userId_idx" ON "Session" ("userId");
CREATE INDEX "Session_expiresAt_idx" ON "Session" ("expiresAt");

CREATE TABLE "Course" (
    "id" SERIAL PRIMARY KEY,
    "title" TEXT NOT NULL,
    "ownerId" INTEGER NOT NULL REFERENCES "User" ("id") ON DELETE CASCADE,
    "createdAt" TIMESTAMPTZ NOT NULL DEFAULT now(),
    "updatedAt" TIMESTAMPTZ NOT NULL DEFAULT now()
);
CREATE INDEX "Course_ownerId_idx" ON "Course" ("ownerId");
