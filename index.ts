/** What `pulumi preview` and `pulumi up` run: its exports are the stack's outputs. */
import { program } from "./program";

export const { endpoints, names, generations, backupLocations, monitoring } = program();
