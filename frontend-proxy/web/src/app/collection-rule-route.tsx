import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { RulePage } from "@/features/collection-rules/rule-page";

const route = getRouteApi("/signed-in/office/manage/collection-rules/$ruleId");

export function CollectionRuleRoute() {
  const { ruleId } = route.useParams();
  const { building } = route.useSearch();
  const navigate = useNavigate();
  return (
    <RulePage
      id={ruleId}
      building={building}
      onMade={(id) =>
        void navigate({
          to: "/manage/collection-rules/$ruleId",
          params: { ruleId: id },
          replace: true,
        })
      }
      onClose={() => void navigate({ to: "/manage/collection-rules" })}
    />
  );
}
