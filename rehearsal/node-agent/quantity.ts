/** Kubernetes quantities, as the node agent has to take them. */
import { bytesOf } from "../../components/lib/quantity";

/** Bytes of a quantity such as `64Mi`. @throws Error when it is none */
export function parseQuantity(text: string): number {
  const bytes = bytesOf(text);
  if (bytes === undefined) throw new Error(`${JSON.stringify(text)} is no quantity of bytes`);
  return bytes;
}
