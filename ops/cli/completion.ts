/** Completion for shells: a script from what the commands themselves say. */
import type { Command, Option } from "commander";

/** Shells that it is made for. */
export const SHELLS = ["bash", "zsh"] as const;

/** One of {@link SHELLS}. */
export type Shell = (typeof SHELLS)[number];

/**
 * A script to be sourced: the function `ops`, which works in every folder, and its completion. Commands, options and values are those of now; names of
 * stacks are looked up when they are asked for. Where there is nothing to propose, the shell proposes files.
 *
 * @param cli the command line with every command loaded
 * @param repository path of this clone
 */
export function completionScript(cli: Command, shell: Shell, repository: string): string {
  const root = quote(repository);
  const values = cli.commands.flatMap((command) =>
    command.options.flatMap((option) =>
      namesOf(option).flatMap((name) => {
        const words = valuesOf(option, root);
        return words === undefined ? [] : [`    "${command.name()} ${name}") choices=${words} ;;`];
      }),
    ),
  );
  const words = cli.commands.map((command) => {
    const proposed = [
      ...command.commands.map((each) => each.name()),
      ...command.registeredArguments.flatMap(({ argChoices = [] }) => argChoices),
      ...command.options.map(({ long }) => long ?? ""),
      "--help",
    ];
    return `    ${command.name()}) choices=${quote(proposed.join(" "))} ;;`;
  });
  return `${shell === "zsh" ? "autoload -U +X compinit && compinit -u\nautoload -U +X bashcompinit && bashcompinit\n" : ""}ops() { ${root}/node_modules/.bin/tsx ${root}/ops/main.ts "$@"; }
_maestroverse_ops() {
  local command=\${COMP_WORDS[1]} previous=\${COMP_WORDS[COMP_CWORD-1]} choices
  COMPREPLY=()
  case "$command $previous" in
${values.join("\n")}
    *)
      if [ "$COMP_CWORD" -eq 1 ]; then command=; fi
      case "$command" in
    "") choices=${quote([...cli.commands.map((command) => command.name()), "--help"].join(" "))} ;;
${words.join("\n")}
      esac ;;
  esac
  COMPREPLY=($(compgen -W "$choices" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _maestroverse_ops ops
`;
}

const namesOf = ({ short, long }: Option) => [short, long].filter((name) => name !== undefined && name !== null);

/** What an option's value may be, as a word of the shell; "": files; undefined: it takes none, so that what follows is another option. */
function valuesOf(option: Option, root: string): string | undefined {
  if (option.isBoolean() || option.optional) return undefined;
  if (option.argChoices !== undefined) return quote(option.argChoices.join(" "));
  if (option.long === "--stack" || option.long === "--like")
    return `"$(cd ${root} && ls Pulumi.*.yaml | sed 's/^Pulumi\\.//; s/\\.yaml$//')"`;
  return '""';
}

/** One word of the shell. */
const quote = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;
