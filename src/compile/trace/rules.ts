import type { PolicyRule } from '#spec';
import type { Decision } from '../api.ts';
import type { Model } from '../model.ts';

const rulesByCounter = new WeakMap<Model, ReadonlyMap<string, PolicyRule>>();

/** The rule of the policy that a counter belongs to. */
function ruleOf(model: Model, counter: string | undefined): PolicyRule | undefined {
  if (counter === undefined) return undefined;
  const known =
    rulesByCounter.get(model) ??
    new Map((model.policy?.rules ?? []).map((rule) => [`policy-${rule.id}`, rule]));
  rulesByCounter.set(model, known);
  return known.get(counter);
}

/** Who decided about a flow, by which counter, and for which rule of the policy. */
export function decisionBy(
  model: Model,
  { machine, counter }: { readonly machine: string; readonly counter?: string | undefined },
): Decision {
  const rule = ruleOf(model, counter);
  return {
    machine,
    ...(counter !== undefined && { counter }),
    ...(rule && { rule: rule.id, place: rule.place }),
  };
}
