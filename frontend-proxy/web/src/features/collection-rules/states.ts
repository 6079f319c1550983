/** Which rules a list holds; those in use without one. */
export const ruleStates = ["held", "archived"] as const;
export type RuleState = (typeof ruleStates)[number];

export function isRuleState(value: unknown): value is RuleState {
  return ruleStates.some((state) => state === value);
}
