// /logging: shows and changes the levels of the process log.
import { LOG_LEVELS, type LogLevel, type LogLevels, parseLogLevel } from "../observe/log-levels.ts";
import { type Endpoint, textResponse } from "./endpoint.ts";

const USAGE = "usage: /logging?<name>=<level> (change single level)\n" +
  "usage: /logging?paths=name1:level1,name2:level2,... (change multiple levels)\n" +
  "usage: /logging?level=<level> (change all levels)\n" +
  "usage: /logging?group=<group_name>:<level> (change group of loggers)\n" +
  `levels: ${LOG_LEVELS.join(" ")} \n`;

function listing(levels: LogLevels): string {
  return `active loggers:\n${levels.list().map(([logger, level]) => `  ${logger}: ${level}\n`).join("")}\n`;
}

/** Changes to make, or the error. Nothing is changed when one of several is wrong. */
function parseChanges(levels: LogLevels, text: string): [string, LogLevel][] | string {
  const changes: [string, LogLevel][] = [];
  for (const part of text.split(",").filter((p) => p !== "")) {
    const [logger = "", name = "", ...rest] = part.split(":");
    if (logger === "" || name === "" || rest.length > 0) return "empty logger name or empty logger level";
    const level = parseLogLevel(name);
    if (level === null) return "unknown logger level";
    if (!levels.has(logger)) return "unknown logger name";
    changes.push([logger, level]);
  }
  return changes;
}

/** Applies the parameters; returns an error text or null. */
function change(levels: LogLevels, parameters: readonly (readonly [string, string])[]): string | null {
  if (parameters.length > 1) return "invalid number of parameters";
  const [first] = parameters;
  if (first === undefined) return null;
  const [name, value] = first;
  if (name === "level") {
    const level = parseLogLevel(value);
    if (level === null) return "unknown logger level";
    levels.setAll(level);
    return null;
  }
  const changes = parseChanges(levels, name === "paths" || name === "group" ? value : `${name}:${value}`);
  if (typeof changes === "string") return changes;
  for (const [logger, level] of changes) levels.set(logger, level);
  return null;
}

export const loggingEndpoint: Endpoint = {
  path: "/logging",
  help: "show or change the levels of the process log",
  mutates: true,
  parameters: [
    {
      name: "paths",
      help: "several loggers at once: name1:level1,name2:level2",
    },
    {
      name: "group",
      help: "one group of loggers: name:level",
    },
    { name: "level", help: "one level for all loggers", values: ["", ...LOG_LEVELS] },
  ],
  handle(request, source) {
    const { levels } = source.log;
    const error = change(levels, request.parameters);
    if (error !== null) return textResponse(`error: ${error}\n\n${USAGE}${listing(levels)}`, 400);
    if (request.parameters.length > 0) source.onLogLevelsChanged();
    return textResponse(listing(levels));
  },
};
