import { levelNames } from "../accounts/levels.ts";
import { Failure } from "../errors.ts";
import type { LevelName, PromptStyle, Settings } from "../settings/rules.ts";
import type { ChatRequest, Model } from "./rules.ts";
import { promptStyles } from "./styles.ts";

/** What a request asks for, whichever way it says so. */
export interface ChosenModel {
  level: LevelName;
  style: PromptStyle | null;
  /** The model behind the level, as `settings.levels` names it. */
  model: string;
}

type Levels = Settings["levels"];

/**
 * The level and style of a request: by its own fields, else by the name of the model.
 * @throws Failure MODEL_NOT_FOUND for a name that stands for nothing, VALIDATION_FAILED if neither level nor model is given
 */
export function chosenModel(
  request: Pick<ChatRequest, "model" | "level" | "r_type">,
  levels: Levels,
): ChosenModel {
  if (request.model === undefined && !request.level) {
    throw new Failure("VALIDATION_FAILED", {
      errors: [{ path: "model", message: "name a model, or a level in `level`" }],
    });
  }
  const named = request.model === undefined ? undefined : byName(request.model, levels);
  const level = request.level ?? named?.level ?? "low";
  return { level, style: request.r_type ?? named?.style ?? null, model: levels[level].model };
}

function byName(name: string, levels: Levels): Pick<ChosenModel, "level" | "style"> {
  const [base, suffix, ...rest] = name.split("+");
  const level = levelNames.find((one) => base === `pe-${one}`);
  const style = promptStyles.find((one) => one === suffix);
  if (level && rest.length === 0 && (suffix === undefined || style)) {
    return { level, style: style ?? null };
  }
  const behind = levelNames.find((one) => levels[one].model === name);
  if (behind) return { level: behind, style: null };
  throw unknown(name);
}

const unknown = (name: string): Failure =>
  new Failure("MODEL_NOT_FOUND", {
    errors: [{ path: "model", message: `there is no model "${name.slice(0, 100)}"` }],
  });

/** Every name that a request may call a model by: each level alone and with each style, and the models behind them. */
export function modelNames(levels: Levels): Model[] {
  const ours = levelNames.flatMap((level) => [
    `pe-${level}`,
    ...promptStyles.map((style) => `pe-${level}+${style}`),
  ]);
  const behind = new Set(levelNames.map((level) => levels[level].model));
  return [...ours, ...behind].map((id) => ({
    id,
    object: "model",
    created: 0,
    owned_by: "promptenchanter",
  }));
}

/** The one of `modelNames` that is called so. @throws Failure MODEL_NOT_FOUND */
export function modelNamed(name: string, levels: Levels): Model {
  const found = modelNames(levels).find(({ id }) => id === name);
  if (!found) throw unknown(name);
  return found;
}
