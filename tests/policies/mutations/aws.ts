/** What the AWS mutations share. */
import type { EditableResource } from "../../helpers/policy-stack";
import { edit, type Transform } from "../mutation";

type Inputs = EditableResource["inputs"];

/** Edits the statements of a policy document that an input holds as JSON. */
export const inPolicy = (type: string, name: string, change: (statements: Inputs) => void, field = "policy"): Transform =>
  edit(
    type,
    (inputs) => {
      const document = JSON.parse(inputs[field]);
      change(document.Statement);
      inputs[field] = JSON.stringify(document);
    },
    name,
  );

/** Adds a statement to a policy document. */
export const allowing = (type: string, name: string, statement: Inputs, field?: string): Transform =>
  inPolicy(type, name, (statements) => statements.push({ Effect: "Allow", ...statement }), field);
