/** The quarterly review of the on-call page (runbook §6: "update quarterly"). */
import { isCalendarDate } from "./generations";

/** Months from one review to the next. */
const REVIEW_MONTHS = 3;

/** Day by which the next review is due, YYYY-MM-DD: three months on, or the last day of a month that is shorter. */
export function nextReview(reviewedOn: string): string {
  const [year = 0, month = 1, day = 1] = reviewedOn.split("-").map(Number);
  const lastDay = new Date(Date.UTC(year, month - 1 + REVIEW_MONTHS + 1, 0)).getUTCDate();
  return new Date(Date.UTC(year, month - 1 + REVIEW_MONTHS, Math.min(day, lastDay))).toISOString().slice(0, 10);
}

/** What is wrong on a day: the review is overdue; undefined: it is not. */
export function overdueReview(reviewedOn: string, now: Date): string | undefined {
  const [due, today] = [nextReview(reviewedOn), now.toISOString().slice(0, 10)];
  if (today <= due) return undefined;
  return `the quarterly review was due on ${due} (last: ${reviewedOn}). Go through docs/on-call.md, set onCall.reviewedOn to the day, and render the page again`;
}

/** Problems of the date itself. An overdue review does not stop a deployment: `ops verify` says so. */
export function validateReview(reviewedOn: string, now: Date): string[] {
  const today = now.toISOString().slice(0, 10);
  if (isCalendarDate(reviewedOn) && reviewedOn <= today) return [];
  return [
    `onCall.reviewedOn must be a calendar date YYYY-MM-DD, today (${today}, UTC) or earlier, got ${JSON.stringify(reviewedOn)}. Give the day of the last review.`,
  ];
}
